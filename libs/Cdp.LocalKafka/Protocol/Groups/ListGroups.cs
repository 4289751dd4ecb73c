using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>
/// Asks for the groups that a node coordinates. The groups can be filtered by state since version 4 (KIP-518) and by type since version 5 (KIP-848). API key
/// 16.
/// </summary>
internal sealed class ListGroupsRequest : IWireFields
{
    public List<string>? StatesFilter = [];
    public List<string>? TypesFilter = [];

    public void Describe(Wire w)
    {
        w.Strings(ref StatesFilter, since: 4);
        w.Strings(ref TypesFilter, since: 5);
        w.Tags();
    }
}

/// <summary>The groups that match the filters.</summary>
internal sealed class ListGroupsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<ListedGroup>? Groups = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode);
        w.Array(ref Groups);
        w.Tags();
    }
}

/// <summary>One group. Its protocol type is empty if it never had members.</summary>
internal sealed class ListedGroup : IWireFields
{
    public string GroupId = "";
    public string ProtocolType = "";
    public string GroupState = "";
    public string GroupType = "";

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.String(ref ProtocolType);
        w.String(ref GroupState, since: 4);
        w.String(ref GroupType, since: 5);
        w.Tags();
    }
}
