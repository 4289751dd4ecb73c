using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>How many of a request's writes to the transaction log were kept.</summary>
internal enum Survival
{
    Nothing,

    /// <summary>The first of two records: when a transaction ends, the decision without its completion.</summary>
    DecisionOnly,
    Everything,
}

/// <summary>What remains of the writes of a request that a crash interrupted. A log that the request did not write to counts as complete.</summary>
internal sealed record Survivors(Survival Decision, Func<int, bool> Partition, bool Offsets);

/// <summary>The files of a dead broker, damaged as a killed process may leave them: only writes that no client has been told about are lost.</summary>
internal sealed class DataFiles(string logs)
{
    private const int PrefixBytes = 12;
    private Dictionary<string, (long Length, byte[]? Content)> _before = [];

    /// <summary>Remembers all files, before the request that <see cref="Tear"/> partly undoes.</summary>
    public void Remember() =>
        _before = All.ToDictionary(path => path, path => IsLog(path) ? (new FileInfo(path).Length, null) : (0L, (byte[]?)File.ReadAllBytes(path)));

    /// <summary>
    /// Undoes a part of what was written since <see cref="Remember"/>, respecting the order of writes: the first record of the
    /// transaction log, then any part of the other logs, then its second record. Other files are written last.
    /// </summary>
    public Survivors Tear(Random random)
    {
        foreach (var path in All.Where(path => !IsLog(path)).ToList()) Restore(path);
        var grown = All.Where(path => IsLog(path) && new FileInfo(path).Length > Before(path)).ToList();
        var decision = Decision(grown.Find(path => In(path, TopicStore.TransactionsTopic, 0)), random);
        var kept = grown.Where(path => In(path, TopicStore.TransactionsTopic, 0) || decision switch
        {
            Survival.Nothing => Cut(path, Before(path)),
            Survival.Everything when grown.Exists(p => In(p, TopicStore.TransactionsTopic, 0)) => true,
            _ => Cut(path, Somewhere(random, Before(path), new FileInfo(path).Length)),
        }).ToHashSet();
        return new Survivors(
            decision,
            partition => grown.TrueForAll(path => !In(path, InProcessBroker.Topic, partition) || kept.Contains(path)),
            grown.TrueForAll(path => !In(path, TopicStore.OffsetsTopic, 0) || kept.Contains(path)));
    }

    /// <summary>Writes incomplete appends, and bytes that no append would leave, after the last batches of some logs.</summary>
    public void AppendGarbage(Random random)
    {
        foreach (var last in All.Where(IsLog).GroupBy(Path.GetDirectoryName).Select(log => log.Max(StringComparer.Ordinal)!).ToList())
        {
            var bytes = SampleBatches.Plain(random.Next(1, 4));
            switch (random.Next(4))
            {
                case 0: continue;
                case 1: bytes = bytes[..random.Next(1, bytes.Length)]; break;
                case 2: bytes[random.Next(BatchHeader.CrcAt, bytes.Length)] ^= 0x55; break;
                case 3: bytes.AsSpan().Clear(); break;
            }
            using var file = new FileStream(last, FileMode.Append);
            file.Write(bytes);
        }
    }

    private IEnumerable<string> All => Directory.EnumerateFiles(logs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private long Before(string path) => _before.GetValueOrDefault(path).Length;

    private Survival Decision(string? log, Random random)
    {
        if (log is null) return Survival.Everything;
        var (start, end) = (Before(log), new FileInfo(log).Length);
        var second = start + FirstBatch(log, start);
        var keep = random.Next(3);
        if (keep == 2) return Survival.Everything;
        if (keep == 1 && second < end)
        {
            Cut(log, random.NextInt64(second, end));
            return Survival.DecisionOnly;
        }
        Cut(log, random.NextInt64(start, second));
        return Survival.Nothing;
    }

    private static long FirstBatch(string log, long start)
    {
        using var file = File.OpenRead(log);
        file.Position = start;
        var prefix = new byte[PrefixBytes];
        file.ReadExactly(prefix);
        return PrefixBytes + BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(8));
    }

    // Everything, nothing, or an incomplete batch.
    private static long Somewhere(Random random, long start, long end) => random.Next(3) switch { 0 => start, 1 => end, _ => random.NextInt64(start, end) };

    /// <returns>Whether everything was kept.</returns>
    private bool Cut(string path, long length)
    {
        if (length == new FileInfo(path).Length) return true;
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(length);
        return false;
    }

    private void Restore(string path)
    {
        if (_before.TryGetValue(path, out var before)) File.WriteAllBytes(path, before.Content!);
        else File.Delete(path);
    }

    private bool In(string path, string topic, int partition) => Path.GetDirectoryName(path) == Path.Combine(logs, $"{topic}-{partition}");

    private static bool IsLog(string path) => path.EndsWith(Segment.Extension, StringComparison.Ordinal);
}
