// Randomness for the link model: small, fast, and the same on every machine for the same seed.
//
// The generator is xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64 from the lab's seed, the link's
// index and the direction, so that one link's draws do not depend on what other links carry. The logarithm and the
// exponential are computed here with IEEE arithmetic only: the C library's differ in the last bit from one
// version to the next, and a lab must replay the same on all of them.

/// A deterministic source of random numbers.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64
    /// The second of a pair of normal draws.
    private var spare: Double?

    /// A source that depends on `seed` alone.
    public init(seed: UInt64) {
        var state = seed
        s0 = Self.splitMix(&state)
        s1 = Self.splitMix(&state)
        s2 = Self.splitMix(&state)
        s3 = Self.splitMix(&state)
    }

    /// The source of one direction of one link of a lab.
    public init(labSeed: UInt64, linkIndex: Int32, direction: Int) {
        var state = labSeed
        let mixed = Self.splitMix(&state)
        let place = UInt64(UInt32(bitPattern: linkIndex)) << 1 | UInt64(direction & 1)
        self.init(seed: mixed ^ (place &* 0xD1B5_4A32_D192_ED03))
    }

    private static func splitMix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 64 random bits.
    public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// Uniform in 0 ..< 1, with 53 bits.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in 0 ..< bound; 0 for a bound of 0.
    public mutating func integer(below bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Normal with mean 0 and standard deviation 1 (Marsaglia's polar method).
    public mutating func normal() -> Double {
        if let ready = spare {
            spare = nil
            return ready
        }
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let square = u * u + v * v
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * Self.logarithm(square) / square).squareRoot()
            spare = v * factor
            return u * factor
        }
    }

    /// The heavy tail that netem calls `pareto`, at the uniform draw `u`: a Pareto variable of shape 3 and scale 1,
    /// shifted to mean 0 and divided by its variance, (u^(−1/3) − 3/2) · 4/3 (as iproute2's table is made).
    /// From −2/3 upwards; mean 0, standard deviation 1.15.
    public static func pareto(at u: Double) -> Double {
        let tail = max(u, 0x1p-53)
        return (exponential(-logarithm(tail) / 3) - 1.5) * (4.0 / 3.0)
    }

    /// The natural logarithm of a positive, normal number, to within 1e-15.
    static func logarithm(_ x: Double) -> Double {
        var m = x.significand
        var e = Double(x.exponent)
        if m > 1.4142135623730951 {
            m /= 2
            e += 1
        }
        // log m = 2 artanh((m − 1)/(m + 1)); |argument| < 0.172, so 10 terms reach 1e-17.
        let z = (m - 1) / (m + 1)
        let square = z * z
        var sum = 0.0
        var k = 21.0
        while k > 0 {
            sum = sum * square + 1 / k
            k -= 2
        }
        return 2 * z * sum + e * 0.6931471805599453
    }

    /// e to the power of `x`, to within 1e-15 of its value; 0 below −700.
    static func exponential(_ x: Double) -> Double {
        if x < -700 { return 0 }
        let n = Double(Int(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5)))
        let r = x - n * 0.6931471805599453
        // |r| < 0.347: 14 terms of the Taylor series.
        var sum = 1.0
        var k = 14.0
        while k > 0 {
            sum = 1 + sum * r / k
            k -= 1
        }
        return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
    }

    /// The normal distribution's cumulative probability at `x`, to within 1e-7 (Abramowitz and Stegun 26.2.17).
    static func normalProbability(_ x: Double) -> Double {
        let t = 1 / (1 + 0.2316419 * abs(x))
        let series =
            t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
        let upper = exponential(-x * x / 2) * 0.3989422804014327 * series
        return x > 0 ? 1 - upper : upper
    }
}

/// Uniform draws of which each is correlated with the one before.
///
/// netem mixes the new draw with the last one linearly, which narrows the distribution as the correlation grows.
/// Here a first-order normal process is taken through the normal distribution function instead: the draws stay
/// uniform, and the correlation of neighbours is the one asked for (to within 0.02).
public struct CorrelatedUniform: Sendable {
    private let correlation: Double
    private let fresh: Double
    private var last: Double?

    /// - Parameter correlation: of each draw with the one before, 0 to 1.
    public init(correlation: Double) {
        self.correlation = correlation
        fresh = max(0, 1 - correlation * correlation).squareRoot()
    }

    /// The next draw as a normal variable with mean 0 and standard deviation 1.
    public mutating func nextNormal(_ random: inout RandomSource) -> Double {
        let draw = random.normal()
        guard correlation > 0 else { return draw }
        let value = last.map { correlation * $0 + fresh * draw } ?? draw
        last = value
        return value
    }

    /// The next draw in 0 ..< 1.
    public mutating func next(_ random: inout RandomSource) -> Double {
        guard correlation > 0 else { return random.uniform() }
        return min(RandomSource.normalProbability(nextNormal(&random)), 1 - 0x1p-53)
    }
}

/// Yes-or-no draws of a set probability, of which each is correlated with the one before.
///
/// A two-state chain: after a yes, the next is a yes with p + c(1 − p), after a no with p(1 − c). Both the share of
/// yeses (p) and the correlation of neighbours (c) are then exactly what was asked for; netem's own mixture loses
/// fewer packets than asked as soon as there is a correlation.
public struct CorrelatedChance: Sendable {
    /// The share of yeses.
    public let probability: Double
    private let afterYes: Double
    private let afterNo: Double
    private var last: Bool?

    /// - Parameters:
    ///   - probability: of a yes, 0 to 1.
    ///   - correlation: of each draw with the one before, 0 to 1.
    public init(probability: Double, correlation: Double = 0) {
        self.probability = probability
        afterYes = probability + correlation * (1 - probability)
        afterNo = probability * (1 - correlation)
    }

    /// The next draw.
    public mutating func next(_ random: inout RandomSource) -> Bool {
        let threshold = last == nil ? probability : last == true ? afterYes : afterNo
        let yes = random.uniform() < threshold
        last = yes
        return yes
    }
}
