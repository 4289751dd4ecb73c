using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Deletes empty groups and their offsets. API key 42.</summary>
internal sealed class DeleteGroupsRequest : IWireFields
{
    public List<string>? GroupsNames = [];

    public void Describe(Wire w)
    {
        w.Strings(ref GroupsNames);
        w.Tags();
    }
}

/// <summary>The result for each group.</summary>
internal sealed class DeleteGroupsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DeletedGroup>? Results = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Results);
        w.Tags();
    }
}

/// <summary>The result for one group.</summary>
internal sealed class DeletedGroup : IWireFields
{
    public string GroupId = "";
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
