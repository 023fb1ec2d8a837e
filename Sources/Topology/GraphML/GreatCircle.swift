import Foundation

/// Distances on the earth and what they cost in time.
public enum GreatCircle {
    /// The mean radius of the earth (IUGG) in kilometres.
    public static let earthRadius = 6371.0088
    /// Light in fibre: 2/3 of 299,792.458 km/s is 199.86 km per millisecond. (A group index of 1.468, as in common
    /// fibre, gives 204.2; cables are longer than great circles, so the rounder and slower figure is closer to the truth.)
    public static let kilometresPerMillisecond = 299.792458 * 2 / 3

    /// Kilometres along the great circle (haversine formula).
    public static func distance(_ a: LabTopology.Coordinates, _ b: LabTopology.Coordinates) -> Double {
        let radian = Double.pi / 180
        let latitude = sin((b.latitude - a.latitude) * radian / 2)
        let longitude = sin((b.longitude - a.longitude) * radian / 2)
        let h = latitude * latitude + cos(a.latitude * radian) * cos(b.latitude * radian) * longitude * longitude
        return 2 * earthRadius * asin(min(1, h.squareRoot()))
    }

    /// One-way propagation delay in nanoseconds, rounded to microseconds.
    public static func delay(_ a: LabTopology.Coordinates, _ b: LabTopology.Coordinates) -> UInt64 {
        UInt64((distance(a, b) / kilometresPerMillisecond * 1000).rounded()) * 1000
    }
}
