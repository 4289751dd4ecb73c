using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// A model of how Apache Kafka answers each request of a client of transactions V1 (KIP-98, KIP-360, KIP-588, KIP-890's verification), and of its partitions
/// and offsets afterwards. It has no bytes, files or caches.
/// </summary>
internal sealed class ModelBroker(int partitions)
{
    private const int Offsets = -1; // represents the group's offsets among the partitions of a transaction
    private readonly Dictionary<string, ModelTransaction> _transactions = [];
    private readonly HashSet<long> _pids = [];

    public ModelPartition[] Partitions { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new ModelPartition())];
    public ModelOffsets Group { get; } = new();

    /// <summary>Advances the time to <paramref name="now"/>: transactions that have timed out are aborted without asking their producers.</summary>
    public void Advance(long now)
    {
        foreach (var late in _transactions.Values.Where(t => t.Deadline <= now).OrderBy(t => t.Deadline)) End(late, late.Fence());
    }

    /// <param name="actual">The broker's response. The model takes producer ids from it, because they only have to be new.</param>
    public Reply Answer(Call call, Reply actual, long now) => call switch
    {
        InitCall { Id: null } => Idempotent(actual),
        InitCall init => Init(init, actual),
        AddCall add => new([.. add.Partitions.Select(_ => (Add(add, add.Partitions, now), -1L))]),
        AddOffsetsCall add => Reply.Of(Add(add, [Offsets], now)),
        ProduceCall produce => new([.. produce.Batches.Select((batch, i) => Produce(produce, batch, actual.Parts[i]))]),
        TxnOffsetCall commit => Reply.Of(CommitOffset(commit)),
        EndCall end => Reply.Of(Known(End(end), end.Version, fencedSince: 2)),
        OffsetCall commit => CommitOffset(commit),
        _ => throw new ArgumentException($"{call}"),
    };

    /// <summary>
    /// The request was running when the broker died: writes that reached the disk have happened, and the next start carries out what was decided.
    /// </summary>
    public void AnswerTorn(Call call, Reply actual, Survivors survivors, long now)
    {
        if (call is ProduceCall produce)
        {
            var survived = produce.Batches.Select((batch, i) => (batch, Actual: actual.Parts[i])).Where(p => survivors.Partition(p.batch.Partition));
            foreach (var (batch, offset) in survived.ToList()) Produce(produce, batch, offset);
        }
        else if (survivors.Decision == Survival.DecisionOnly && Decides(call) is { } decided)
        {
            var (transaction, commit) = decided;
            foreach (var p in transaction.Partitions.Where(p => p != Offsets && survivors.Partition(p)).ToList()) Mark(transaction, p, commit);
            End(transaction, commit); // The next start writes every marker, even if it already exists.
        }
        else if (call is OffsetCall or TxnOffsetCall ? survivors.Offsets : survivors.Decision == Survival.Everything)
        {
            Answer(call, actual, now);
        }
    }

    public void Crashed()
    {
        foreach (var partition in Partitions) partition.Crashed();
        foreach (var transaction in _transactions.Values) transaction.LastEpoch = -1; // not stored in Kafka's transaction log
    }

    private Reply Idempotent(Reply actual) =>
        actual.Error == ErrorCode.None && _pids.Add(actual.Parts[0].Value) ? new(actual.Parts[0], (ErrorCode.None, 0)) : Reply.Of(ErrorCode.None);

    private Reply Init(InitCall call, Reply actual)
    {
        if (!_transactions.TryGetValue(call.Id!, out var transaction))
        {
            var created = Idempotent(actual);
            if (created.Parts.Length == 2) _transactions[call.Id!] = new ModelTransaction { Pid = created.Parts[0].Value, TimeoutMs = call.TimeoutMs };
            return created;
        }
        if (transaction.Init(call) is var error && error != ErrorCode.None)
        {
            if (error == ErrorCode.ConcurrentTransactions) End(transaction, transaction.Fence());
            return new((Known(error, call.Version, fencedSince: 4), -1), (ErrorCode.None, -1));
        }
        return new((ErrorCode.None, transaction.Pid), (ErrorCode.None, transaction.Epoch));
    }

    private ErrorCode Add(TransactionCall call, int[] added, long now)
    {
        var error = Verify(call.Id, call.Pid, call.Epoch);
        if (error == ErrorCode.None) _transactions[call.Id].Add(added, now);
        return Known(error, call.Version, fencedSince: 2);
    }

    private ErrorCode End(EndCall call)
    {
        var error = Verify(call.Id, call.Pid, call.Epoch);
        if (error != ErrorCode.None) return error;
        var transaction = _transactions[call.Id];
        if (!transaction.Ongoing) return transaction.LastDecision == call.Commit ? ErrorCode.None : ErrorCode.InvalidTxnState;
        End(transaction, call.Commit);
        return ErrorCode.None;
    }

    private (ErrorCode, long) Produce(ProduceCall call, ProducedBatch batch, (ErrorCode, long) actual) =>
        Partitions[batch.Partition].Produce(
            call.Pid, call.Epoch, batch, call.Id is null ? null : Covered(call.Id, call.Pid, call.Epoch, batch.Partition, call.Version >= 11), actual);

    private ErrorCode CommitOffset(TxnOffsetCall call)
    {
        var error = Covered(call.Id, call.Pid, call.Epoch, Offsets, abortable: call.Version >= 4);
        if (error == ErrorCode.None) Group.Commit(call.Partition, call.Offset, call.Pid);
        return error;
    }

    private Reply CommitOffset(OffsetCall call)
    {
        Group.Commit(call.Partition, call.Offset, -1);
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

    private (ModelTransaction, bool Commit)? Decides(Call call) => call switch
    {
        EndCall end when Verify(end.Id, end.Pid, end.Epoch) == ErrorCode.None && _transactions[end.Id].Ongoing => (_transactions[end.Id], end.Commit),
        InitCall { Id: { } id } init when _transactions.TryGetValue(id, out var t) && t.Ongoing && (init.Pid < 0 || init.Pid == t.Pid) => (t, t.Fence()),
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
