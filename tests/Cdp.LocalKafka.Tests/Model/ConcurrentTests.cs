using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>Copies under kills, in real threads over real connections: exactly once, in order. <c>CDP_MODEL_COPIES</c> sets how many are made.</summary>
public sealed class ConcurrentTests
{
    private const int Sources = 2;
    private const int Batches = 60;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, ModelTests.Number("CDP_MODEL_COPIES", 2))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Copy_RivalsAndABrokerKilledAgainAndAgain_EachRecordIsCopiedOnceAndInOrder(int seed)
    {
        await using var broker = await KilledBroker.Start(seed, 2 * Sources);
        var ends = Enumerable.Repeat(-1L, Sources).ToArray();
        var undone = 0;

        Task[] work =
        [
            .. Enumerable.Range(0, Sources).Select(p => Worker(() =>
            {
                using var line = new KilledBroker.Line(broker);
                Volatile.Write(ref ends[p], Feed(line, p));
            })),
            .. Enumerable.Range(0, 2 * Sources).Select(i => Worker(() =>
            {
                using var line = new KilledBroker.Line(broker);
                var copier = new Copier(line, 2 * Sources, from: i % Sources, to: Sources + (i % Sources), new Random((seed * 100) + i));
                copier.Run(() => Volatile.Read(ref ends[i % Sources]));
                Interlocked.Add(ref undone, copier.Undone);
            })),
        ];
        await All(work).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        await broker.Spare();

        Assert.True(broker.Kills > 0, $"{broker.Kills} kills");
        Assert.True(undone > 0, $"{undone} transactions undone");
        using var reader = new KilledBroker.Line(broker);
        var consumer = new ModelConsumer(reader.Answer, 2 * Sources, committed: true);
        while (consumer.Poll(new Random(seed)))
        {
        }
        for (var p = 0; p < Sources; p++)
        {
            var expected = Enumerable.Range(0, Batches).SelectMany(batch => Values(p, batch)).ToList();
            Assert.Equal(expected, consumer.Seen[p].Select(record => record.Value));
            Assert.Equal(expected, consumer.Seen[Sources + p].Select(record => record.Value));
            Assert.Equal((ErrorCode.None, (long)expected.Count), Frames.GroupOffset(reader.Answer, p, stable: true));
        }
    }

    /// <summary>Fails with the first that does: the others might wait for it for ever.</summary>
    private static async Task All(Task[] work)
    {
        await foreach (var done in Task.WhenEach(work)) await done;
    }

    private static Task Worker(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Produces all batches with an idempotent producer; returns where the partition ends.</summary>
    private static long Feed(KilledBroker.Line line, int partition)
    {
        var pid = line.Put(new InitAsk(5, null, 0, -1, -1)).Parts[0].Value;
        var sequence = 0;
        for (var batch = 0; batch < Batches; batch++)
        {
            var values = Values(partition, batch);
            var reply = line.Put(new ProduceAsk(9, null, pid, 0, [new ProducedBatch(partition, sequence, values)]));
            Assert.Equal(Reply.Of(ErrorCode.None, sequence), reply);
            sequence += values.Length;
        }
        return sequence;
    }

    private static string[] Values(int partition, int batch) => [.. Enumerable.Range(0, 1 + (batch % 5)).Select(i => $"{partition}.{batch}.{i}")];
}
