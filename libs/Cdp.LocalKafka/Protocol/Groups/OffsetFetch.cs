using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>
/// Reads committed offsets: of one group up to version 7, of several since version 8 (KIP-709). API key 9. Version 0 was removed (KIP-896).
/// </summary>
internal sealed class OffsetFetchRequest : IWireFields
{
    public string GroupId = "";
    public List<OffsetFetchTopic>? Topics;
    public List<OffsetFetchGroup>? Groups = [];
    public bool RequireStable;

    public void Describe(Wire w)
    {
        w.String(ref GroupId, until: 7);
        w.Array(ref Topics, until: 7);
        w.Array(ref Groups, since: 8);
        w.Bool(ref RequireStable, since: 7);
        w.Tags();
    }
}

/// <summary>A group whose offsets are to be read. If its topics are null, all offsets of the group are returned.</summary>
internal sealed class OffsetFetchGroup : IWireFields
{
    public string GroupId = "";
    public string? MemberId;
    public int MemberEpoch = -1;
    public List<OffsetFetchTopic>? Topics;

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.NullableString(ref MemberId, since: 9);
        w.Int32(ref MemberEpoch, since: 9);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The partitions of one topic whose offsets are to be read.</summary>
internal sealed class OffsetFetchTopic : IWireFields
{
    public string Name = "";
    public List<int>? PartitionIndexes = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int32s(ref PartitionIndexes);
        w.Tags();
    }
}

/// <summary>The offsets. Up to version 7 the response has the offsets of a single group and no list of groups.</summary>
internal sealed class OffsetFetchResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<FetchedOffsetTopic>? Topics = [];
    public ErrorCode ErrorCode;
    public List<FetchedOffsetGroup>? Groups = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 3);
        w.Array(ref Topics, until: 7);
        w.Error(ref ErrorCode, since: 2, until: 7);
        w.Array(ref Groups, since: 8);
        w.Tags();
    }
}

/// <summary>The offsets of one group.</summary>
internal sealed class FetchedOffsetGroup : IWireFields
{
    public string GroupId = "";
    public List<FetchedOffsetTopic>? Topics = [];
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Array(ref Topics);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}

/// <summary>The offsets of one topic.</summary>
internal sealed class FetchedOffsetTopic : IWireFields
{
    public string Name = "";
    public List<FetchedOffset>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The offset of one partition. -1 if none is committed.</summary>
internal sealed class FetchedOffset : IWireFields
{
    public int PartitionIndex;
    public long CommittedOffset = -1;
    public int CommittedLeaderEpoch = -1;
    public string? Metadata = "";
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int64(ref CommittedOffset);
        w.Int32(ref CommittedLeaderEpoch, since: 5);
        w.NullableString(ref Metadata);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
