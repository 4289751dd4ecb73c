using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Renews a member's session and asks whether its generation is still current. API key 12.</summary>
internal sealed class HeartbeatRequest : IWireFields
{
    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Int32(ref GenerationId);
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 3);
        w.Tags();
    }
}

/// <summary>NONE, or why the member has to rejoin.</summary>
internal sealed class HeartbeatResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
