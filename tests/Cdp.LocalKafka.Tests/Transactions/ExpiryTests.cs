using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using Cdp.LocalKafka.Transactions;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>What the coordinator does because time has passed.</summary>
public sealed class ExpiryTests : IAsyncDisposable
{
    private static readonly TopicPartition B0 = new("b", 0);
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Expire_IdleId_IsForgottenAlsoAfterARestart()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);
        _broker.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromHours(1));
        Assert.NotNull(_broker.Transactions.Find(Id));

        _broker.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_broker.Transactions.Find(Id));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.Add(producer, A0));

        await _broker.Crash();
        Assert.Null(_broker.Transactions.Find(Id));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _broker.End(producer, commit: true));
    }

    [Fact]
    public void Initialise_ForgottenId_GetsANewProducerId()
    {
        var producer = _broker.Producer();
        _broker.Time.Advance(TimeSpan.FromDays(8));

        var (id, epoch) = _broker.Producer(expected: producer);

        Assert.NotEqual(producer.Id, id);
        Assert.Equal(0, epoch);
    }

    [Fact]
    public void Expire_IdInUse_IsKept()
    {
        var producer = _broker.Producer();
        for (var day = 0; day < 10; day++)
        {
            _broker.Time.Advance(TimeSpan.FromDays(1));
            _broker.Begin(producer, A0);
            Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
        }
    }

    [Fact]
    public void Expire_IdleProducer_IsForgottenByItsPartitions()
    {
        var producer = _broker.Ongoing(A0);
        _broker.End(producer, commit: true);
        _broker.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(10));
        Assert.Single(_broker.Log(A0).Producers);

        _broker.Time.Advance(TimeSpan.FromMinutes(10));

        Assert.Empty(_broker.Log(A0).Producers);
        Assert.Equal(ErrorCode.None, _broker.Add(producer, A0)); // the coordinator remembers for longer
    }

    [Fact]
    public void Timeout_MarkerCannotBeWritten_IsLoggedOnceAndRetried()
    {
        _broker.Topics.Create("b", 1, new Dictionary<string, string> { ["segment.bytes"] = "14" });
        var producer = _broker.Ongoing(B0);
        Directory.Delete(_broker.DirectoryOf(B0), recursive: true); // the marker needs a new segment, which cannot be created

        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs));
        _broker.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains($"'{Id}'", Assert.Single(_broker.Lines.Lines), StringComparison.Ordinal);
        Assert.Equal(TransactionState.PrepareAbort, _broker.Transactions.Find(Id)!.State);

        Directory.CreateDirectory(_broker.DirectoryOf(B0));
        _broker.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TransactionState.CompleteAbort, _broker.Transactions.Find(Id)!.State);
        Assert.Equal(_broker.Log(B0).HighWatermark, _broker.Log(B0).LastStableOffset);
        Assert.Equal(ErrorCode.ProducerFenced, _broker.End(producer, commit: true));
        Assert.Single(_broker.Lines.Lines);
    }

    [Fact]
    public void Timeout_AccessDenied_IsLoggedOnceAndRetried()
    {
        _broker.Topics.Create("b", 1, new Dictionary<string, string> { ["segment.bytes"] = "14" });
        _broker.Ongoing(B0);
        var obstacle = Directory.CreateDirectory(Path.Combine(_broker.DirectoryOf(B0), "00000000000000000001.log")); // "access denied", as without the rights

        _broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs));
        Assert.Single(_broker.Lines.Lines);
        obstacle.Delete();
        _broker.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TransactionState.CompleteAbort, _broker.Transactions.Find(Id)!.State);
    }
}
