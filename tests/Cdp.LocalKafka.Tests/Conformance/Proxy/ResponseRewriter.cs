using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>
/// Keeps clients on the proxy: it replaces the addresses in responses with its own, and removes from ApiVersions whatever has addresses it
/// cannot read: DescribeCluster (clients fall back to Metadata) and the versions of Produce and Fetch that name new leaders (KIP-951).
/// It also removes the features, so that clients use the transactions of Kafka 3.x.
/// </summary>
internal static class ResponseRewriter
{
    private const short DescribeCluster = 60;

    private static readonly Dictionary<short, short> Readable = new()
    {
        [(short)ApiKey.Metadata] = 12,
        [(short)ApiKey.FindCoordinator] = 4,
        [(short)ApiKey.ApiVersions] = 3,
        [(short)ApiKey.Produce] = 9,
        [(short)ApiKey.Fetch] = 15,
    };

    /// <summary>The frame that the client gets instead of the node's. <paramref name="portOf"/> returns the proxy's port for a node's host and port.</summary>
    public static byte[] Rewrite(ApiKey api, short version, byte[] frame, Func<string, int, int> portOf) => api switch
    {
        ApiKey.ApiVersions => Versions(version, frame),
        ApiKey.Metadata => Rewrite<MetadataResponse>(version, flexible: version >= 9, version >= 9, frame, metadata =>
        {
            foreach (var broker in metadata.Brokers!) (broker.Host, broker.Port) = ("127.0.0.1", portOf(broker.Host, broker.Port));
        }),
        ApiKey.FindCoordinator => Rewrite<FindCoordinatorResponse>(version, flexible: version >= 3, version >= 3, frame, found =>
        {
            if (found.Port > 0) (found.Host, found.Port) = ("127.0.0.1", portOf(found.Host, found.Port));
            foreach (var coordinator in found.Coordinators ?? [])
                if (coordinator.Port > 0) (coordinator.Host, coordinator.Port) = ("127.0.0.1", portOf(coordinator.Host, coordinator.Port));
        }),
        _ => frame,
    };

    // The header of this response is never flexible, and a version that the node does not know is answered in version 0 (KIP-511).
    private static byte[] Versions(short version, byte[] frame)
    {
        if (BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(4)) == (short)ErrorCode.UnsupportedVersion) version = 0;
        return Rewrite<ApiVersionsResponse>(version, flexible: version >= 3, flexibleHeader: false, frame, versions =>
        {
            versions.ApiKeys!.RemoveAll(range => range.ApiKey == DescribeCluster);
            foreach (var range in versions.ApiKeys) range.MaxVersion = Math.Min(range.MaxVersion, Readable.GetValueOrDefault(range.ApiKey, short.MaxValue));
        });
    }

    private static byte[] Rewrite<T>(short version, bool flexible, bool flexibleHeader, byte[] frame, Action<T> change) where T : IWireFields, new()
    {
        var reader = new WireReader(frame.AsMemory(sizeof(int)), version, flexible);
        if (flexibleHeader) reader.Tags();
        var answer = new T();
        answer.Describe(reader);
        change(answer);

        var writer = new WireWriter(version, flexible);
        if (flexibleHeader) writer.Tags();
        answer.Describe(writer);
        return [.. frame.AsSpan(0, sizeof(int)), .. writer.Written.Span];
    }
}
