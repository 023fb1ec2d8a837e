/// A mirror of a bridge at work.
struct MirrorState {
    var mirror: Mirror
    /// The port that the copies go to, where there is one of that number.
    var output: Int32?
    var copied = TrafficCount()
}
