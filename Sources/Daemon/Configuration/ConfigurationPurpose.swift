/// What a configuration is read for.
package enum ConfigurationPurpose: Sendable {
    /// To run on it: folders are made, and whatever it names has to be there.
    case serving
    /// To look at it, perhaps as another user than the daemon's and without a service manager: nothing is made.
    case examining
}
