using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using Cdp.LocalKafka.Transactions;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>The broker stops between a decision and its last record: after the next start there is one outcome everywhere.</summary>
public sealed class RecoveryTests : IAsyncDisposable
{
    private static readonly TopicPartition[] Covered = [A0, A1, Offsets];
    private readonly CoordinatorHarness _broker = new();

    /// <summary>Each outcome with each set of partitions (as bits) that may have got a marker before the stop.</summary>
    public static TheoryData<Outcome, int> Stops =>
        new(from outcome in Enum.GetValues<Outcome>() from written in Enumerable.Range(0, 1 << Covered.Length) select (outcome, written));

    public enum Outcome
    {
        Commit,
        Abort,

        /// <summary>An abort with a bumped epoch, on timeout or by the producer's successor.</summary>
        Fence,
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [MemberData(nameof(Stops))]
    public async Task Start_PreparedTransaction_IsCompleted(Outcome outcome, int written)
    {
        var producer = Offer();
        var epoch = (short)(outcome == Outcome.Fence ? producer.Epoch + 1 : producer.Epoch);
        var commit = outcome == Outcome.Commit;

        await _broker.Crash(whileDown: () =>
        {
            Decide(commit, epoch);
            foreach (var partition in Chosen(written)) _broker.Log(partition).AppendMarker(producer.Id, epoch, commit, 0);
        });

        AssertEnded(producer.Id, epoch, commit);
        if (outcome == Outcome.Fence)
        {
            Assert.Equal(ErrorCode.ProducerFenced, _broker.End(producer, commit: true));
            return;
        }
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit)); // the retry of a client that got no response
        Assert.Equal(ErrorCode.None, _broker.Add(producer, A0));
    }

    /// <summary>The same, by the coordinator itself: some logs reject their marker, as they do while the broker is being killed.</summary>
    [Theory]
    [MemberData(nameof(Stops))]
    public async Task Start_AfterAnInterruptedEnd_CompletesTheTransaction(Outcome outcome, int refused)
    {
        var producer = Offer();
        var epoch = (short)(outcome == Outcome.Fence ? producer.Epoch + 1 : producer.Epoch);
        var commit = outcome == Outcome.Commit;
        foreach (var partition in Chosen(refused)) _broker.Log(partition).Close(flush: false);

        if (outcome == Outcome.Fence) _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs));
        else if (refused == 0) Assert.Equal(ErrorCode.None, _broker.End(producer, commit));
        else Assert.Throws<ObjectDisposedException>(() => _broker.End(producer, commit));
        await _broker.Crash();

        AssertEnded(producer.Id, epoch, commit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_DecisionNotLogged_LeavesItToTheClient(bool commit)
    {
        var producer = Offer();
        _broker.Log(new TopicPartition(TopicStore.TransactionsTopic, 0)).Close(flush: false);
        Assert.Throws<ObjectDisposedException>(() => _broker.End(producer, commit));

        await _broker.Crash();

        Assert.All(Covered, partition => Assert.Empty(_broker.Markers(partition)));
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit));
        AssertEnded(producer.Id, producer.Epoch, commit);
    }

    [Fact]
    public async Task Start_CompletedTransaction_IsUnchanged()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);

        await _broker.Crash();

        Assert.Single(_broker.Markers(A0));
        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
        Assert.Equal((producer.Id, (short)(producer.Epoch + 1)), _broker.Producer());
    }

    private static IEnumerable<TopicPartition> Chosen(int bits) => Covered.Where((_, i) => (bits & (1 << i)) != 0);

    /// <summary>A transaction with records in two partitions and an offset.</summary>
    private (long Id, short Epoch) Offer()
    {
        var producer = _broker.Ongoing(Covered);
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 7));
        return producer;
    }

    private void AssertEnded(long producerId, short epoch, bool commit)
    {
        foreach (var partition in Covered)
        {
            var log = _broker.Log(partition);
            var markers = _broker.Markers(partition);
            Assert.NotEmpty(markers);
            Assert.All(markers, marker => Assert.Equal((epoch, commit), marker));
            Assert.Equal(log.HighWatermark, log.LastStableOffset);
            var aborted = log.Read(0, int.MaxValue, wholeFirst: true, committedOnly: true).Aborted!;
            Assert.Equal(commit ? [] : [(producerId, 0L)], aborted.Select(a => (a.ProducerId, a.FirstOffset)));
        }
        Assert.Equal((ErrorCode.None, commit ? 7 : -1), _broker.Fetch());
        Assert.Equal(commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, _broker.Transactions.Find(Id)!.State);
    }

    private void Decide(bool commit, short epoch)
    {
        var log = _broker.Log(new TopicPartition(TopicStore.TransactionsTopic, 0));
        var ongoing = log.Records(0).Last(r => TransactionRecords.TryReadKey(r.Key!, out _));
        var decided = TransactionRecords.ReadValue(Id, ongoing.Value!) with
        {
            State = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort,
            ProducerEpoch = epoch,
        };
        log.AppendRecords([(ongoing.Key, TransactionRecords.Value(decided))]);
    }
}
