using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Apis;

/// <summary>
/// ListOffsets and OffsetForLeaderEpoch on a log with two committed records (timestamps 1000 and 3000) and two of an open transaction (5000).
/// </summary>
public sealed class OffsetApiTests : IDisposable
{
    private const sbyte Uncommitted = 0;
    private const sbyte Committed = 1;
    private readonly TempDirectory _directory = new();
    private readonly TopicStore _store;

    public OffsetApiTests()
    {
        _store = TopicStore.Open(_directory.Path, TimeProvider.System);
        var log = _store.Create("t", 1, new Dictionary<string, string>()).Topic!.Partition(0)!;
        log.MustAppend(SampleBatches.Plain(timestamp: 1000));
        log.MustAppend(SampleBatches.Plain(timestamp: 3000));
        log.MustAppend(SampleBatches.Of(7, 0, 0, count: 2, transactional: true, timestamp: 5000));
    }

    public void Dispose()
    {
        _store.Close(flush: false);
        _directory.Dispose();
    }

    [Theory]
    [InlineData(OffsetSpec.Latest, Uncommitted, 4, -1, 0)]
    [InlineData(OffsetSpec.Latest, Committed, 2, -1, 0)]
    [InlineData(OffsetSpec.Earliest, Committed, 0, -1, 0)]
    [InlineData(OffsetSpec.EarliestLocal, Uncommitted, 0, -1, 0)]
    [InlineData(OffsetSpec.LatestTiered, Uncommitted, -1, -1, -1)]
    [InlineData(OffsetSpec.MaxTimestamp, Uncommitted, 2, 5000, 0)]
    [InlineData(OffsetSpec.MaxTimestamp, Committed, -1, -1, -1)]
    [InlineData(1001, Uncommitted, 1, 3000, 0)]
    [InlineData(3001, Uncommitted, 2, 5000, 0)]
    [InlineData(3001, Committed, -1, -1, -1)]
    [InlineData(5001, Uncommitted, -1, -1, -1)]
    public async Task ListOffsets_AnySpec_ReturnsItsOffset(long spec, sbyte isolation, long offset, long timestamp, int epoch)
    {
        var found = Assert.Single(await List(10, isolation, new ListOffsetsPartition { Timestamp = spec }));
        Assert.Equal((ErrorCode.None, offset, timestamp, epoch), (found.ErrorCode, found.Offset, found.Timestamp, found.LeaderEpoch));
    }

    [Theory]
    [InlineData(OffsetSpec.Latest, 1, ErrorCode.None)]
    [InlineData(OffsetSpec.MaxTimestamp, 6, ErrorCode.UnsupportedVersion)]
    [InlineData(OffsetSpec.MaxTimestamp, 7, ErrorCode.None)]
    [InlineData(OffsetSpec.EarliestLocal, 7, ErrorCode.UnsupportedVersion)]
    [InlineData(OffsetSpec.EarliestLocal, 8, ErrorCode.None)]
    [InlineData(OffsetSpec.LatestTiered, 8, ErrorCode.UnsupportedVersion)]
    [InlineData(OffsetSpec.LatestTiered, 9, ErrorCode.None)]
    [InlineData(-6, 10, ErrorCode.UnsupportedVersion)]
    internal async Task ListOffsets_SpecOfALaterVersion_IsUnsupportedVersion(long spec, short version, ErrorCode expected) =>
        Assert.Equal(expected, Assert.Single(await List(version, Uncommitted, new ListOffsetsPartition { Timestamp = spec })).ErrorCode);

    [Fact]
    public async Task ListOffsets_MissingOrDuplicatePartitionOrWrongEpoch_IsAnError()
    {
        var twice = await List(
            10, Uncommitted, new ListOffsetsPartition { Timestamp = -1 }, new ListOffsetsPartition { Timestamp = -2 },
            new ListOffsetsPartition { PartitionIndex = 1, Timestamp = -1 });
        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest, ErrorCode.UnknownTopicOrPartition], twice.Select(partition => partition.ErrorCode));
        Assert.Equal(
            ErrorCode.UnknownLeaderEpoch, (await List(10, Uncommitted, new ListOffsetsPartition { Timestamp = -1, CurrentLeaderEpoch = 1 }))[0].ErrorCode);
        Assert.Equal(
            ErrorCode.FencedLeaderEpoch, (await List(10, Uncommitted, new ListOffsetsPartition { Timestamp = -1, CurrentLeaderEpoch = -2 }))[0].ErrorCode);
    }

    [Theory]
    [InlineData(0, -1, ErrorCode.None, 0, 4)]
    [InlineData(0, 0, ErrorCode.None, 0, 4)]
    [InlineData(-1, 0, ErrorCode.None, -1, -1)]
    [InlineData(1, 0, ErrorCode.None, -1, -1)]
    [InlineData(0, 1, ErrorCode.UnknownLeaderEpoch, -1, -1)]
    internal async Task OffsetForLeaderEpoch_CurrentEpoch_IsTheEndOfTheLog(int asked, int current, ErrorCode error, int epoch, long end)
    {
        var request = new OffsetForLeaderEpochRequest
        {
            ReplicaId = -1,
            Topics = [new() { Topic = "t", Partitions = [new() { LeaderEpoch = asked, CurrentLeaderEpoch = current }, new() { Partition = 1 }] }],
        };
        var answer = (await new OffsetForLeaderEpochApi(_store).Row.Call<OffsetForLeaderEpochResponse>(request)).Topics![0].Partitions!;
        Assert.Equal((error, epoch, end), (answer[0].ErrorCode, answer[0].LeaderEpoch, answer[0].EndOffset));
        Assert.Equal((ErrorCode.UnknownTopicOrPartition, 1), (answer[1].ErrorCode, answer[1].Partition));
    }

    private async Task<List<ListOffsetsPartitionResponse>> List(short version, sbyte isolation, params List<ListOffsetsPartition> partitions)
    {
        var request = new ListOffsetsRequest { IsolationLevel = isolation, Topics = [new() { Name = "t", Partitions = partitions }] };
        return (await new ListOffsetsApi(_store).Row.Call<ListOffsetsResponse>(request, version)).Topics![0].Partitions!;
    }
}
