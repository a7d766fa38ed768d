/// How much of Redis a check looks at, at most.
package struct SampleBounds: Sendable {
    /// How many values are read, of the first 64 KiB each.
    package var valueCountMax = 200
    /// How many pages of SCAN are asked for, of each search.
    package var pageCountMax = 100
    /// How many keys Redis looks at for one page, about.
    package var pageKeyCount = 1000
    /// How many values are asked for at once.
    package var groupCount = 20
    /// How many other places are looked at where there is no session under the pattern, and how many values at each.
    package var placeCountMax = 5
    package var placeValueCountMax = 5

    package init() {}
}
