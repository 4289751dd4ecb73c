using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// Consumes one partition, and produces what it reads to another, position and records in one transaction. Whatever goes wrong it begins
/// anew: a producer of its id, from the group's stable offset. Rivals of the same id fence one another.
/// </summary>
internal sealed class Copier(KilledBroker.Line line, int partitions, int from, int to, Random random)
{
    private readonly string _id = $"copy-{from}";
    private long _pid;
    private short _epoch;
    private int _sequence;

    /// <summary>How often it aborted or walked away from an open transaction, on purpose.</summary>
    public int Undone { get; private set; }

    /// <summary>Copies until the group has come to <paramref name="end"/>, which is -1 while it is not known.</summary>
    public void Run(Func<long> end)
    {
        while (true)
        {
            var begun = line.Put(new InitAsk(5, _id, 60_000, -1, -1));
            if (begun.Error != ErrorCode.None) continue;
            (_pid, _epoch, _sequence) = (begun.Parts[0].Value, (short)begun.Parts[1].Value, 0);
            if (Session(end)) return;
        }
    }

    /// <returns>Whether all is copied; false when it has to begin anew.</returns>
    private bool Session(Func<long> end)
    {
        (ErrorCode Error, long Offset) start;
        while ((start = Frames.GroupOffset(line.Answer, from, stable: true)).Error == ErrorCode.UnstableOffsetCommit)
        {
        }
        if (start.Error != ErrorCode.None) return false;
        var consumer = new ModelConsumer(line.Answer, partitions, committed: true);
        Array.Fill(consumer.Positions, -1);
        consumer.Positions[from] = Math.Max(0, start.Offset);
        while (consumer.Positions[from] != end())
        {
            consumer.Seen[from].Clear();
            if (consumer.Poll(random) && !Copy([.. consumer.Seen[from].Select(record => record.Value)], consumer.Positions[from])) return false;
        }
        return Frames.GroupOffset(line.Answer, from, stable: true) == (ErrorCode.None, end());
    }

    private bool Copy(string[] values, long next)
    {
        if (Fails(new AddAsk(3, _id, _pid, _epoch, [to]))) return false;
        if (values.Length > 0 && Fails(new ProduceAsk(11, _id, _pid, _epoch, [new ProducedBatch(to, _sequence, values)]))) return false;
        _sequence += values.Length;
        var end = random.Next(12);
        if (end < 2) Undone++;
        if (end == 0) return false; // walks away; who comes next aborts it
        if (Fails(new AddOffsetsAsk(4, _id, _pid, _epoch)) || Fails(new TxnOffsetAsk(4, _id, _pid, _epoch, from, next))) return false;
        return !Fails(new EndAsk(4, _id, _pid, _epoch, Commit: end > 1)) && end > 1;
    }

    private bool Fails(Ask ask) => line.Put(ask).Error != ErrorCode.None;
}
