using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>
/// Asks for the coordinator of a group (key type 0) or of a transactional id (1). API key 10. Since version 4 a request may have several keys (KIP-699).
/// </summary>
internal sealed class FindCoordinatorRequest : IWireFields
{
    public string Key = "";
    public sbyte KeyType;
    public List<string>? CoordinatorKeys = [];

    public void Describe(Wire w)
    {
        w.String(ref Key, until: 3);
        w.Int8(ref KeyType, since: 1);
        w.Strings(ref CoordinatorKeys, since: 4);
        w.Tags();
    }
}

/// <summary>The coordinator of each key. Up to version 3 there is a single coordinator instead of a list.</summary>
internal sealed class FindCoordinatorResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public int NodeId;
    public string Host = "";
    public int Port;
    public List<FoundCoordinator>? Coordinators = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode, until: 3);
        w.NullableString(ref ErrorMessage, since: 1, until: 3);
        w.Int32(ref NodeId, until: 3);
        w.String(ref Host, until: 3);
        w.Int32(ref Port, until: 3);
        w.Array(ref Coordinators, since: 4);
        w.Tags();
    }
}

/// <summary>The coordinator of one key.</summary>
internal sealed class FoundCoordinator : IWireFields
{
    public string Key = "";
    public int NodeId;
    public string Host = "";
    public int Port;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;

    public void Describe(Wire w)
    {
        w.String(ref Key);
        w.Int32(ref NodeId);
        w.String(ref Host);
        w.Int32(ref Port);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Tags();
    }
}
