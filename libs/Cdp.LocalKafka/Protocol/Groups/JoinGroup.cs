using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Joins a group, or its next generation. API key 11.</summary>
internal sealed class JoinGroupRequest : IWireFields
{
    public string GroupId = "";
    public int SessionTimeoutMs;
    public int RebalanceTimeoutMs = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public string ProtocolType = "";
    public List<JoinGroupProtocol>? Protocols = [];
    public string? Reason;

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Int32(ref SessionTimeoutMs);
        w.Int32(ref RebalanceTimeoutMs, since: 1);
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 5);
        w.String(ref ProtocolType);
        w.Array(ref Protocols);
        w.NullableString(ref Reason, since: 8);
        w.Tags();
    }
}

/// <summary>An assignor that a member supports, with the member's metadata for it.</summary>
internal sealed class JoinGroupProtocol : IWireFields
{
    public string Name = "";
    public ReadOnlyMemory<byte>? Metadata = ReadOnlyMemory<byte>.Empty;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Bytes(ref Metadata);
        w.Tags();
    }
}

/// <summary>The new generation. Only the leader gets the list of members.</summary>
internal sealed class JoinGroupResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public int GenerationId = -1;
    public string? ProtocolType;
    public string? ProtocolName;
    public string Leader = "";
    public bool SkipAssignment;
    public string MemberId = "";
    public List<JoinGroupMember>? Members = [];

    public void Describe(Wire w)
    {
        if (w.Version < 7) ProtocolName ??= "";
        w.Int32(ref ThrottleTimeMs, since: 2);
        w.Error(ref ErrorCode);
        w.Int32(ref GenerationId);
        w.NullableString(ref ProtocolType, since: 7);
        w.NullableString(ref ProtocolName);
        w.String(ref Leader);
        w.Bool(ref SkipAssignment, since: 9);
        w.String(ref MemberId);
        w.Array(ref Members);
        w.Tags();
    }
}

/// <summary>A member as the leader's assignor sees it.</summary>
internal sealed class JoinGroupMember : IWireFields
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public ReadOnlyMemory<byte>? Metadata = ReadOnlyMemory<byte>.Empty;

    public void Describe(Wire w)
    {
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 5);
        w.Bytes(ref Metadata);
        w.Tags();
    }
}
