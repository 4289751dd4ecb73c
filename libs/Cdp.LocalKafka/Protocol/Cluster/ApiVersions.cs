using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Cluster;

internal sealed class ApiVersionsRequest : IWireFields
{
    public string ClientSoftwareName = "";
    public string ClientSoftwareVersion = "";

    public void Describe(Wire w)
    {
        w.String(ref ClientSoftwareName, since: 3);
        w.String(ref ClientSoftwareVersion, since: 3);
        w.Tags();
    }
}

/// <summary>
/// The features are left out. Without <c>transaction.version</c> among them, clients use the transactions of Kafka 3.x.
/// </summary>
internal sealed class ApiVersionsResponse : IWireFields
{
    public ErrorCode ErrorCode;
    public List<ApiVersionRange>? ApiKeys = [];
    public int ThrottleTimeMs;

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.Array(ref ApiKeys);
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Tags();
    }
}

internal sealed class ApiVersionRange : IWireFields
{
    public short ApiKey;
    public short MinVersion;
    public short MaxVersion;

    public void Describe(Wire w)
    {
        w.Int16(ref ApiKey);
        w.Int16(ref MinVersion);
        w.Int16(ref MaxVersion);
        w.Tags();
    }
}
