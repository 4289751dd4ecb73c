using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Transactions;
using static Cdp.LocalKafka.Tests.Transactions.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

public sealed class RecoveryTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    /// <summary>The decision is in the log, and of the markers none, one or both.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    public async Task Start_PreparedTransaction_IsCompleted(bool commit, int markersWritten)
    {
        var producer = _broker.Ongoing(A0, Offsets);
        _broker.CommitOffset(producer, 7);

        await _broker.Crash(whileDown: () =>
        {
            Decide(commit);
            foreach (var partition in new[] { A0, Offsets }.Take(markersWritten))
                _broker.Log(partition).AppendMarker(producer.Id, producer.Epoch, commit, 0);
        });

        Assert.All(_broker.Markers(A0), marker => Assert.Equal((producer.Epoch, commit), marker));
        Assert.NotEmpty(_broker.Markers(A0));
        Assert.Equal(_broker.Log(A0).HighWatermark, _broker.Log(A0).LastStableOffset);
        Assert.Equal(_broker.Log(Offsets).HighWatermark, _broker.Log(Offsets).LastStableOffset);
        Assert.Equal((ErrorCode.None, commit ? 7 : -1), _broker.Fetch());
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit)); // the retry of the client that heard nothing
        Assert.Equal(ErrorCode.None, _broker.Add(producer, A0));
    }

    [Fact]
    public async Task Start_CompletedTransaction_IsLeftAlone()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);

        await _broker.Crash();

        Assert.Single(_broker.Markers(A0));
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
        Assert.Equal((producer.Id, (short)(producer.Epoch + 1)), _broker.Producer());
    }

    private void Decide(bool commit)
    {
        var log = _broker.Topics.Find(TopicStore.TransactionsTopic)!.Partitions[0];
        var ongoing = log.Records(0).Last(r => TransactionRecords.TryReadKey(r.Key!, out _));
        var decided = TransactionRecords.ReadValue(Id, ongoing.Value!) with
        {
            State = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort,
        };
        log.AppendRecords([(ongoing.Key, TransactionRecords.Value(decided))]);
    }
}
