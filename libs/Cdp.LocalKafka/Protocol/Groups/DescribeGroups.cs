using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Asks for the states and members of groups. API key 15.</summary>
internal sealed class DescribeGroupsRequest : IWireFields
{
    public List<string>? Groups = [];
    public bool IncludeAuthorizedOperations;

    public void Describe(Wire w)
    {
        w.Strings(ref Groups);
        w.Bool(ref IncludeAuthorizedOperations, since: 3);
        w.Tags();
    }
}

/// <summary>The groups in the order of the request.</summary>
internal sealed class DescribeGroupsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DescribedGroup>? Groups = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Array(ref Groups);
        w.Tags();
    }
}

/// <summary>A group. Its protocol and the members' metadata are given only if the group is stable.</summary>
internal sealed class DescribedGroup : IWireFields
{
    public ErrorCode ErrorCode;
    public string GroupId = "";
    public string GroupState = "";
    public string ProtocolType = "";
    public string ProtocolData = "";
    public List<DescribedGroupMember>? Members = [];

    /// <summary>A bit for each allowed operation, numbered as in Kafka's AclOperation. The minimum value if they were not requested.</summary>
    public int AuthorizedOperations = int.MinValue;

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.String(ref GroupId);
        w.String(ref GroupState);
        w.String(ref ProtocolType);
        w.String(ref ProtocolData);
        w.Array(ref Members);
        w.Int32(ref AuthorizedOperations, since: 3);
        w.Tags();
    }
}

/// <summary>A member. Its metadata and assignment are opaque to the broker.</summary>
internal sealed class DescribedGroupMember : IWireFields
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public string ClientId = "";
    public string ClientHost = "";
    public ReadOnlyMemory<byte>? MemberMetadata = ReadOnlyMemory<byte>.Empty;
    public ReadOnlyMemory<byte>? MemberAssignment = ReadOnlyMemory<byte>.Empty;

    public void Describe(Wire w)
    {
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 4);
        w.String(ref ClientId);
        w.String(ref ClientHost);
        w.Bytes(ref MemberMetadata);
        w.Bytes(ref MemberAssignment);
        w.Tags();
    }
}
