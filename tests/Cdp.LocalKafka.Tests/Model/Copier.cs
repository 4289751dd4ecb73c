using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// Consumes one partition and produces its records to another, with the position and the records in one transaction. After any error it starts
/// over, with a new producer with the same transactional id and from the group's stable offset. Copiers with the same id fence each other.
/// </summary>
internal sealed class Copier(KilledBroker.Connection connection, int partitions, int from, int to, Random random)
{
    private readonly string _id = $"copy-{from}";
    private long _pid;
    private short _epoch;
    private int _sequence;

    /// <summary>How often it aborted or abandoned an open transaction on purpose.</summary>
    public int Aborted { get; private set; }

    /// <summary>Copies until the group has reached <paramref name="end"/>, which is -1 until it is known.</summary>
    public void Run(Func<long> end)
    {
        while (true)
        {
            var begun = connection.Send(new InitCall(5, _id, 60_000, -1, -1));
            if (begun.Error != ErrorCode.None) continue;
            (_pid, _epoch, _sequence) = (begun.Parts[0].Value, (short)begun.Parts[1].Value, 0);
            if (Session(end)) return;
        }
    }

    /// <returns>Whether everything is copied; false when it must start over.</returns>
    private bool Session(Func<long> end)
    {
        (ErrorCode Error, long Offset) start;
        while ((start = Frames.GroupOffset(connection.Answer, from, stable: true)).Error == ErrorCode.UnstableOffsetCommit)
        {
        }
        if (start.Error != ErrorCode.None) return false;
        var consumer = new ModelConsumer(connection.Answer, partitions, committed: true);
        Array.Fill(consumer.Positions, -1);
        consumer.Positions[from] = Math.Max(0, start.Offset);
        while (consumer.Positions[from] != end())
        {
            consumer.Seen[from].Clear();
            if (consumer.Poll(random) && !Copy([.. consumer.Seen[from].Select(record => record.Value)], consumer.Positions[from])) return false;
        }
        return Frames.GroupOffset(connection.Answer, from, stable: true) == (ErrorCode.None, end());
    }

    private bool Copy(string[] values, long next)
    {
        if (Fails(new AddCall(3, _id, _pid, _epoch, [to]))) return false;
        if (values.Length > 0 && Fails(new ProduceCall(11, _id, _pid, _epoch, [new ProducedBatch(to, _sequence, values)]))) return false;
        _sequence += values.Length;
        var end = random.Next(12);
        if (end < 2) Aborted++;
        if (end == 0) return false; // abandons the transaction; the next producer aborts it
        if (Fails(new AddOffsetsCall(4, _id, _pid, _epoch)) || Fails(new TxnOffsetCall(4, _id, _pid, _epoch, from, next))) return false;
        return !Fails(new EndCall(4, _id, _pid, _epoch, Commit: end > 1)) && end > 1;
    }

    private bool Fails(Call call) => connection.Send(call).Error != ErrorCode.None;
}
