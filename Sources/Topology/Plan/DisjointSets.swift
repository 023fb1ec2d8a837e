/// Which of the elements 0 ..< count belong together, as more and more of them are joined (union-find, with paths
/// halved).
public struct DisjointSets {
    private var parent: [Int]

    public init(count: Int) { parent = Array(0..<count) }

    /// The element that stands for the set of `element`: the same for two elements exactly when they are in one set.
    public mutating func root(of element: Int) -> Int {
        var element = element
        while parent[element] != element {
            parent[element] = parent[parent[element]]
            element = parent[element]
        }
        return element
    }

    /// Makes one set of two. - Returns: false where they were one already.
    @discardableResult
    public mutating func join(_ a: Int, _ b: Int) -> Bool {
        let (rootA, rootB) = (root(of: a), root(of: b))
        parent[rootA] = rootB
        return rootA != rootB
    }
}
