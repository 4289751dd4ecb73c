using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// What Apache Kafka answers to each request of a transactions V1 client (KIP-98, KIP-360, KIP-588, KIP-890's verification), and what its
/// partitions and offsets then hold. Knows no bytes, no files and no caches.
/// </summary>
internal sealed class ModelBroker(int partitions)
{
    private const int Offsets = -1; // the group's offsets, among the partitions of a transaction
    private readonly Dictionary<string, ModelTransaction> _transactions = [];
    private readonly HashSet<long> _pids = [];

    public ModelPartition[] Partitions { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new ModelPartition())];
    public ModelOffsets Group { get; } = new();

    /// <summary>Moves time to <paramref name="now"/>: transactions whose time is up are aborted over their producers' heads.</summary>
    public void Advance(long now)
    {
        foreach (var late in _transactions.Values.Where(t => t.Deadline <= now).OrderBy(t => t.Deadline)) End(late, late.Fence());
    }

    /// <param name="actual">The broker's answer: tells the model the producer ids, which need only be new.</param>
    public Reply Answer(Ask ask, Reply actual, long now) => ask switch
    {
        InitAsk { Id: null } => Idempotent(actual),
        InitAsk init => Init(init, actual),
        AddAsk add => new([.. add.Partitions.Select(_ => (Add(add, add.Partitions, now), -1L))]),
        AddOffsetsAsk add => Reply.Of(Add(add, [Offsets], now)),
        ProduceAsk produce => new([.. produce.Batches.Select((batch, i) => Produce(produce, batch, actual.Parts[i]))]),
        TxnOffsetAsk commit => Reply.Of(CommitOffset(commit)),
        EndAsk end => Reply.Of(Known(End(end), end.Version, fencedSince: 2)),
        OffsetAsk commit => CommitOffset(commit),
        _ => throw new ArgumentException($"{ask}"),
    };

    /// <summary>The request was under way when the broker died: what is on disk happened, and what was decided is carried out by the next start.</summary>
    public void AnswerTorn(Ask ask, Reply actual, Survivors survivors, long now)
    {
        if (ask is ProduceAsk produce)
        {
            var survived = produce.Batches.Select((batch, i) => (batch, Actual: actual.Parts[i])).Where(p => survivors.Partition(p.batch.Partition));
            foreach (var (batch, offset) in survived.ToList()) Produce(produce, batch, offset);
        }
        else if (survivors.Decision == Survival.DecisionOnly && Decides(ask) is { } decided)
        {
            var (transaction, commit) = decided;
            foreach (var p in transaction.Partitions.Where(p => p != Offsets && survivors.Partition(p)).ToList()) Mark(transaction, p, commit);
            End(transaction, commit); // The next start writes every marker, there or not.
        }
        else if (ask is OffsetAsk or TxnOffsetAsk ? survivors.Offsets : survivors.Decision == Survival.Everything)
        {
            Answer(ask, actual, now);
        }
    }

    public void Crashed()
    {
        foreach (var partition in Partitions) partition.Crashed();
        foreach (var transaction in _transactions.Values) transaction.LastEpoch = -1; // not in Kafka's transaction log
    }

    private Reply Idempotent(Reply actual) =>
        actual.Error == ErrorCode.None && _pids.Add(actual.Parts[0].Value) ? new(actual.Parts[0], (ErrorCode.None, 0)) : Reply.Of(ErrorCode.None);

    private Reply Init(InitAsk ask, Reply actual)
    {
        if (!_transactions.TryGetValue(ask.Id!, out var transaction))
        {
            var created = Idempotent(actual);
            if (created.Parts.Length == 2) _transactions[ask.Id!] = new ModelTransaction { Pid = created.Parts[0].Value, TimeoutMs = ask.TimeoutMs };
            return created;
        }
        if (transaction.Init(ask) is var error && error != ErrorCode.None)
        {
            if (error == ErrorCode.ConcurrentTransactions) End(transaction, transaction.Fence());
            return new((Known(error, ask.Version, fencedSince: 4), -1), (ErrorCode.None, -1));
        }
        return new((ErrorCode.None, transaction.Pid), (ErrorCode.None, transaction.Epoch));
    }

    private ErrorCode Add(TransactionAsk ask, int[] added, long now)
    {
        var error = Verify(ask.Id, ask.Pid, ask.Epoch);
        if (error == ErrorCode.None) _transactions[ask.Id].Add(added, now);
        return Known(error, ask.Version, fencedSince: 2);
    }

    private ErrorCode End(EndAsk ask)
    {
        var error = Verify(ask.Id, ask.Pid, ask.Epoch);
        if (error != ErrorCode.None) return error;
        var transaction = _transactions[ask.Id];
        if (!transaction.Ongoing) return transaction.LastDecision == ask.Commit ? ErrorCode.None : ErrorCode.InvalidTxnState;
        End(transaction, ask.Commit);
        return ErrorCode.None;
    }

    private (ErrorCode, long) Produce(ProduceAsk ask, ProducedBatch batch, (ErrorCode, long) actual) =>
        Partitions[batch.Partition].Produce(ask.Pid, ask.Epoch, batch, ask.Id is null ? null : Covered(ask.Id, ask.Pid, ask.Epoch, batch.Partition, ask.Version >= 11), actual);

    private ErrorCode CommitOffset(TxnOffsetAsk ask)
    {
        var error = Covered(ask.Id, ask.Pid, ask.Epoch, Offsets, abortable: ask.Version >= 4);
        if (error == ErrorCode.None) Group.Commit(ask.Partition, ask.Offset, ask.Pid);
        return error;
    }

    private Reply CommitOffset(OffsetAsk ask)
    {
        Group.Commit(ask.Partition, ask.Offset, -1);
        return Reply.Of(ErrorCode.None);
    }

    private ErrorCode Covered(string id, long pid, short epoch, int partition, bool abortable)
    {
        var error = Verify(id, pid, epoch);
        if (error != ErrorCode.None) return error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error;
        if (_transactions[id].Partitions.Contains(partition)) return ErrorCode.None;
        return abortable ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTxnState;
    }

    private ErrorCode Verify(string id, long pid, short epoch) =>
        !_transactions.TryGetValue(id, out var transaction) || transaction.Pid != pid ? ErrorCode.InvalidProducerIdMapping
        : transaction.Epoch != epoch ? ErrorCode.ProducerFenced
        : ErrorCode.None;

    private (ModelTransaction, bool Commit)? Decides(Ask ask) => ask switch
    {
        EndAsk end when Verify(end.Id, end.Pid, end.Epoch) == ErrorCode.None && _transactions[end.Id].Ongoing => (_transactions[end.Id], end.Commit),
        InitAsk { Id: { } id } init when _transactions.TryGetValue(id, out var t) && t.Ongoing && (init.Pid < 0 || init.Pid == t.Pid) => (t, t.Fence()),
        _ => null,
    };

    private void End(ModelTransaction transaction, bool commit)
    {
        foreach (var partition in transaction.Partitions) Mark(transaction, partition, commit);
        transaction.End(commit);
    }

    private void Mark(ModelTransaction transaction, int partition, bool commit)
    {
        if (partition == Offsets) Group.EndTransaction(transaction.Pid, commit);
        else Partitions[partition].Mark(transaction.Pid, transaction.Epoch, commit);
    }

    private static ErrorCode Known(ErrorCode error, short version, short fencedSince) =>
        error == ErrorCode.ProducerFenced && version < fencedSince ? ErrorCode.InvalidProducerEpoch : error;
}
