using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using CsCheck;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>Any order of steps, timeouts and crashes: a read_committed consumer sees whole transactions, and the offsets that belong to them.</summary>
public sealed class TransactionRandomTests
{
    private const int Steps = 40;

    [Fact]
    public async Task Transactions_RandomSteps_HaveOneOutcomeEach() => await Gen.Int.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        await using var broker = new CoordinatorHarness();
        var scenario = new Scenario(broker, random);
        for (var step = 0; step < Steps; step++)
        {
            await scenario.Next();
            scenario.Check();
        }
    }, iter: 30);

    /// <summary>The history of one transactional id, and therefore what readers must see.</summary>
    private sealed class Scenario(CoordinatorHarness broker, Random random)
    {
        private static readonly TopicPartition Decisions = new(TopicStore.TransactionsTopic, 0);
        private readonly List<(TopicPartition Partition, long Offset)> _committed = [];
        private readonly List<(TopicPartition Partition, long Offset)> _open = [];
        private (long Id, short Epoch)? _producer;
        private long? _openCommit;
        private long _commit = -1;
        private bool _begun;

        public async Task Next()
        {
            if (_producer is not { } producer)
            {
                Begin();
                return;
            }
            switch (random.Next(9))
            {
                case 0: Begin(); break;
                case 1: Timeout(); break;
                case 2: await broker.Crash(); break;
                case 3 when _begun: await EndCutShort(producer, commit: random.Next(2) == 0); break;
                case 4 or 5 when _begun: End(producer, commit: random.Next(2) == 0); break;
                case 6: CommitOffset(producer); break;
                default: Write(producer, random.Next(2) == 0 ? A0 : A1); break;
            }
        }

        public void Check()
        {
            foreach (var partition in (TopicPartition[])[A0, A1])
            {
                var log = broker.Log(partition);
                var stable = log.LastStableOffset;
                var mine = _open.Where(record => record.Partition == partition).Select(record => record.Offset).ToList();
                Assert.Equal(mine.Count == 0 ? log.HighWatermark : mine[0], stable);
                var aborted = log.Read(0, int.MaxValue, wholeFirst: true, committedOnly: true).Aborted!;
                var visible = log.Records(0).Where(record => !record.IsControl && record.Offset < stable
                    && !aborted.Any(a => a.ProducerId == record.ProducerId && a.FirstOffset <= record.Offset && record.Offset <= a.LastOffset));
                Assert.Equal(
                    _committed.Where(record => record.Partition == partition).Select(record => record.Offset), visible.Select(record => record.Offset));
            }
            Assert.Equal(_openCommit is null ? (ErrorCode.None, _commit) : (ErrorCode.UnstableOffsetCommit, -1), broker.Fetch());
        }

        private void Begin()
        {
            var first = broker.Transactions.Initialise(Id, TimeoutMs, null);
            Assert.Equal(_begun ? ErrorCode.ConcurrentTransactions : ErrorCode.None, first.Error);
            _producer = _begun ? broker.Producer() : (first.ProducerId, first.Epoch);
            Ended(commit: false);
        }

        private void Timeout()
        {
            broker.Time.Advance(TimeSpan.FromMilliseconds(TimeoutMs));
            if (!_begun) return;
            Assert.Equal(ErrorCode.ProducerFenced, broker.End(_producer!.Value, commit: true));
            Ended(commit: false);
            _producer = null;
        }

        private void Write((long Id, short Epoch) producer, TopicPartition partition)
        {
            Assert.Equal(ErrorCode.None, broker.Add(producer, partition));
            _open.Add((partition, broker.Log(partition).HighWatermark));
            broker.Write(producer, partition);
            _begun = true;
        }

        private void CommitOffset((long Id, short Epoch) producer)
        {
            Assert.Equal(ErrorCode.None, broker.Add(producer, Offsets));
            _openCommit = random.Next(1000);
            Assert.Equal(ErrorCode.None, broker.CommitOffset(producer, _openCommit.Value));
            _begun = true;
        }

        private void End((long Id, short Epoch) producer, bool commit)
        {
            Assert.Equal(ErrorCode.None, broker.End(producer, commit));
            if (random.Next(2) == 0) Assert.Equal(ErrorCode.None, broker.End(producer, commit));
            Ended(commit);
        }

        /// <summary>The broker dies while it carries out a decision; some logs have received their part of it and some have not.</summary>
        private async Task EndCutShort((long Id, short Epoch) producer, bool commit)
        {
            foreach (var partition in (TopicPartition[])[A0, A1, Offsets, Decisions])
                if (random.Next(2) == 0) broker.Log(partition).Close(flush: false);
            try
            {
                broker.End(producer, commit);
            }
            catch (ObjectDisposedException)
            {
                // The client gets no response and retries.
            }
            await broker.Crash();
            Assert.Equal(ErrorCode.None, broker.End(producer, commit));
            Ended(commit);
        }

        private void Ended(bool commit)
        {
            if (commit)
            {
                _committed.AddRange(_open);
                _commit = _openCommit ?? _commit;
            }
            (_openCommit, _begun) = (null, false);
            _open.Clear();
        }
    }
}
