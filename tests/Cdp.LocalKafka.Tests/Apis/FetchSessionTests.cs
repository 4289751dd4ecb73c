using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Apis;

/// <summary>Incremental fetches (KIP-227) of a topic with three partitions, by topic id.</summary>
public sealed class FetchSessionTests : IDisposable
{
    private const int NewSession = 0;
    private const int CloseSession = -1;
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private readonly TopicStore _store;
    private readonly Api _fetch;

    public FetchSessionTests()
    {
        _store = TopicStore.Open(_directory.Path, _time);
        _store.Create("t", 3, new Dictionary<string, string>());
        _fetch = new FetchApi(_store, _time).Row;
    }

    public void Dispose()
    {
        _store.Close(flush: false);
        _directory.Dispose();
    }

    private Topic Topic => _store.Find("t")!;

    [Fact]
    public async Task Fetch_FinalEpoch_OpensNoSession() =>
        Assert.Equal((0, "0 1 2"), Summary(await Fetch(0, CloseSession, [(0, 0), (1, 0), (2, 0)])));

    [Fact]
    public async Task Fetch_InASession_ReturnsOnlyNews()
    {
        var id = await Open((0, 0), (1, 0), (2, 0));
        Assert.Equal((id, ""), Summary(await Fetch(id, 1, [])));

        Topic.Partition(1)!.MustAppend(SampleBatches.Plain());
        var news = await Fetch(id, 2, []);
        Assert.Equal((id, "1"), Summary(news));
        Assert.True(news.Responses![0].Partitions![0].Records.Stored.Length > 0);

        Assert.Equal((id, ""), Summary(await Fetch(id, 3, [(1, 1)])));
    }

    [Fact]
    public async Task Fetch_HighWatermarkMoved_ReturnsItOnce()
    {
        var id = await Open((0, 0));
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain());
        var news = await Fetch(id, 1, [(0, 1)]);
        Assert.Equal((0, 1L), (news.Responses![0].Partitions![0].Records.Stored.Length, news.Responses[0].Partitions![0].HighWatermark));
        Assert.Equal((id, ""), Summary(await Fetch(id, 2, [])));
    }

    [Fact]
    public async Task Fetch_AfterRecords_ServesOtherPartitionsFirst()
    {
        for (var i = 0; i < 3; i++) Topic.Partition(i)!.MustAppend(SampleBatches.Plain());
        var id = await Open((0, 0), (1, 1), (2, 0));
        foreach (var i in (int[])[0, 1, 2]) Topic.Partition(i)!.MustAppend(SampleBatches.Plain());
        Assert.Equal((id, "1 0 2"), Summary(await Fetch(id, 1, [])));
    }

    [Fact]
    public async Task Fetch_AddedAndForgottenPartitions_ChangeTheSession()
    {
        var id = await Open((0, 0));
        Assert.Equal((id, "2"), Summary(await Fetch(id, 1, [(2, 0)], forgotten: [0])));
        Topic.Partition(0)!.MustAppend(SampleBatches.Plain());
        Topic.Partition(2)!.MustAppend(SampleBatches.Plain());
        Assert.Equal((id, "2"), Summary(await Fetch(id, 2, [])));
    }

    [Fact]
    public async Task Fetch_AfterAnErrorIsResolved_ReturnsThePartitionAgain()
    {
        var id = await Open((0, 0));
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await Fetch(id, 1, [(0, 9)])).Responses![0].Partitions![0].ErrorCode);
        Assert.Equal((id, "0"), Summary(await Fetch(id, 2, [])));
        Assert.Equal((id, "0"), Summary(await Fetch(id, 3, [(0, 0)])));
        Assert.Equal((id, ""), Summary(await Fetch(id, 4, [])));
    }

    [Fact]
    public async Task Fetch_DeletedTopic_IsUnknownTopicId()
    {
        var id = await Open((0, 0));
        var topic = Topic.Id;
        _store.Delete("t");
        _store.Create("t", 1, new Dictionary<string, string>());
        var answer = await Fetch(id, 1, []);
        Assert.Equal(
            (ErrorCode.None, topic, ErrorCode.UnknownTopicId), (answer.ErrorCode, answer.Responses![0].TopicId, answer.Responses[0].Partitions![0].ErrorCode));
    }

    [Fact]
    public async Task Fetch_UnknownSessionOrWrongEpoch_IsRefused()
    {
        var id = await Open((0, 0));
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(id ^ 1, 1, [])).ErrorCode);
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, (await Fetch(id, 2, [])).ErrorCode);
        Assert.Equal(ErrorCode.FetchSessionTopicIdError, (await Fetch(id, 1, [], version: 12)).ErrorCode);
        Assert.Equal((id, ""), Summary(await Fetch(id, 1, [])));
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, (await Fetch(id, 1, [])).ErrorCode);
    }

    [Theory]
    [InlineData(CloseSession)]
    [InlineData(NewSession)]
    public async Task Fetch_ClosesOrReplacesTheSession_EndsIt(int epoch)
    {
        var id = await Open((0, 0));
        Assert.NotEqual(id, (await Fetch(id, epoch, [(0, 0)])).SessionId);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(id, 1, [])).ErrorCode);
    }

    [Fact]
    public async Task Fetch_AllSlotsTaken_GetsNoSessionUntilOneIsIdle()
    {
        var first = await Open((0, 0));
        for (var i = 1; i < 1000; i++) await Open((0, 0));
        Assert.Equal(0, (await Fetch(0, NewSession, [(0, 0)])).SessionId);

        _time.Advance(TimeSpan.FromMinutes(1));
        await Fetch(first, 1, []);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Open((0, 0));
        Assert.Equal(ErrorCode.None, (await Fetch(first, 2, [])).ErrorCode);
    }

    private async Task<int> Open(params (int Partition, long Offset)[] partitions)
    {
        var answer = await Fetch(0, NewSession, partitions);
        Assert.Equal(partitions.Length, answer.Responses!.Sum(topic => topic.Partitions!.Count));
        Assert.NotEqual(0, answer.SessionId);
        return answer.SessionId;
    }

    private Task<FetchResponse> Fetch(int session, int epoch, (int Partition, long Offset)[] partitions, int[]? forgotten = null, short version = 17)
    {
        var wanted = partitions.Select(p => new FetchPartition { Partition = p.Partition, FetchOffset = p.Offset, PartitionMaxBytes = 1 << 20 });
        var request = new FetchRequest
        {
            SessionId = session,
            SessionEpoch = epoch,
            MinBytes = 1,
            Topics = partitions.Length == 0 ? [] : [new() { Topic = "t", TopicId = Topic.Id, Partitions = [.. wanted] }],
            ForgottenTopicsData = forgotten is null ? [] : [new() { Topic = "t", TopicId = Topic.Id, Partitions = [.. forgotten] }],
        };
        return _fetch.Call<FetchResponse>(request, version);
    }

    private static (int Session, string Partitions) Summary(FetchResponse answer)
    {
        Assert.Equal(ErrorCode.None, answer.ErrorCode);
        return (answer.SessionId, string.Join(' ', answer.Responses!.SelectMany(topic => topic.Partitions!).Select(partition => partition.PartitionIndex)));
    }
}
