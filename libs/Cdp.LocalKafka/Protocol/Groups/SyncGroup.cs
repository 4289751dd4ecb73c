using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Sends the leader's assignments, or asks for the member's own. API key 14.</summary>
internal sealed class SyncGroupRequest : IWireFields
{
    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;
    public string? ProtocolType;
    public string? ProtocolName;
    public List<SyncGroupAssignment>? Assignments = [];

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Int32(ref GenerationId);
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 3);
        w.NullableString(ref ProtocolType, since: 5);
        w.NullableString(ref ProtocolName, since: 5);
        w.Array(ref Assignments);
        w.Tags();
    }
}

/// <summary>The leader's assignment for one member. It is opaque to the broker.</summary>
internal sealed class SyncGroupAssignment : IWireFields
{
    public string MemberId = "";
    public ReadOnlyMemory<byte>? Assignment = ReadOnlyMemory<byte>.Empty;

    public void Describe(Wire w)
    {
        w.String(ref MemberId);
        w.Bytes(ref Assignment);
        w.Tags();
    }
}

/// <summary>The assignment of the requesting member.</summary>
internal sealed class SyncGroupResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ProtocolType;
    public string? ProtocolName;
    public ReadOnlyMemory<byte>? Assignment = ReadOnlyMemory<byte>.Empty;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode);
        w.NullableString(ref ProtocolType, since: 5);
        w.NullableString(ref ProtocolName, since: 5);
        w.Bytes(ref Assignment);
        w.Tags();
    }
}
