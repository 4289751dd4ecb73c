namespace Cdp.LocalKafka.Protocol;

/// <summary>Leaves a group; since version 3 for several members at once, by instance id too (KIP-345). API key 13.</summary>
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

/// <summary>Who leaves, and why.</summary>
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

/// <summary>What became of each member; until version 2 the one member's error stands at the top.</summary>
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

/// <summary>What became of one leaving member.</summary>
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
