using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Leaves a group. Since version 3 a request may name several members, also by instance id (KIP-345). API key 13.</summary>
internal sealed class LeaveGroupRequest : IWireFields
{
    public string GroupId = "";
    public string MemberId = "";
    public List<LeavingMember>? Members = [];

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.String(ref MemberId, until: 2);
        w.Array(ref Members, since: 3);
        w.Tags();
    }
}

/// <summary>A member that leaves, and the reason.</summary>
internal sealed class LeavingMember : IWireFields
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public string? Reason;

    public void Describe(Wire w)
    {
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId);
        w.NullableString(ref Reason, since: 5);
        w.Tags();
    }
}

/// <summary>The result for each member. Up to version 2 the error of the single member is at the top level.</summary>
internal sealed class LeaveGroupResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<LeftMember>? Members = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode);
        w.Array(ref Members, since: 3);
        w.Tags();
    }
}

/// <summary>The result for one member.</summary>
internal sealed class LeftMember : IWireFields
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
