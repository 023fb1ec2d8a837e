/// A date and time of the proleptic Gregorian calendar, in no particular zone.
struct CivilTime: Equatable {
    var year: Int
    /// 1 to 12.
    var month: Int
    /// 1 to 31.
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    static let secondsPerDay = 86_400

    init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    /// Seconds since 1 January 1970.
    init(epochSeconds: Int) {
        var days = epochSeconds / Self.secondsPerDay
        var rest = epochSeconds % Self.secondsPerDay
        if rest < 0 {
            rest += Self.secondsPerDay
            days -= 1
        }
        // Years that start in March put the leap day at the end; 400 of them have 146097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Seconds since 1 January 1970. Fields out of range count on: 61 seconds are a minute and one.
    var epochSeconds: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * Self.secondsPerDay + hour * 3600 + minute * 60 + second
    }

    /// 1 is Sunday.
    static func weekday(epochSeconds: Int) -> Int {
        let days =
            epochSeconds >= 0 ? epochSeconds / secondsPerDay : (epochSeconds - (secondsPerDay - 1)) / secondsPerDay
        let remainder = (days + 4) % 7
        return (remainder < 0 ? remainder + 7 : remainder) + 1
    }
}
