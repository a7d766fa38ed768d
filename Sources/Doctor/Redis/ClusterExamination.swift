import RESP

/// Is the server one of a cluster, in which each holds a part of the keys?
enum ClusterExamination {
    /// - Parameter reads: replies to reading keys of several slots, which need no further right to be asked for.
    static func finding(reads: [RESPValue], _ info: RedisInfo?) -> Finding {
        let codes = reads.compactMap(\.errorCode)
        let why =
            "sessiond follows one server: of sessions on others it would hear nothing, and a lookup of one ends its connection"
        if codes.contains("MOVED") || codes.contains("ASK") {
            return Finding(
                .error, .clusterSeveral, "it is one of several nodes of a cluster, and holds a part of the keys",
                why: why,
                mend: [
                    "keep sessions in a Redis of their own without `cluster-enabled`, in Django's settings and in --redis-url"
                ])
        }
        if codes.contains("CLUSTERDOWN") {
            return Finding(
                .error, .clusterDown, "it is a node of a cluster that does not serve all slots", why: why,
                mend: ["redis.conf: cluster-enabled no, for a Redis of the sessions alone"])
        }
        if info?["cluster_enabled"] == "1" {
            return Finding(
                .note, .clusterSingle, "it is a node of a cluster, and as far as was seen all keys are on it", why: why,
                mend: ["add no node, or keep sessions in a Redis of their own without `cluster-enabled`"])
        }
        return Finding(.ok, .clusterNone, "it is no cluster: one server holds all keys")
    }
}
