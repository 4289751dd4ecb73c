using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// Topics are copied while the broker is killed, with real threads and connections: exactly once and in order. <c>CDP_MODEL_COPIES</c> sets how many.
/// </summary>
[Trait("tier", "integration")]
public sealed class ConcurrentTests
{
    private const int Sources = 2;
    private const int Batches = 60;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, ModelTests.Number("CDP_MODEL_COPIES", 2))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Copy_CompetingProducersAndBrokerKills_CopiesEachRecordOnceInOrder(int seed)
    {
        await using var broker = await KilledBroker.Start(seed, 2 * Sources);
        var ends = Enumerable.Repeat(-1L, Sources).ToArray();
        var aborted = 0;

        Task[] work =
        [
            .. Enumerable.Range(0, Sources).Select(p => Worker(() =>
            {
                using var connection = new KilledBroker.Connection(broker);
                Volatile.Write(ref ends[p], Feed(connection, p));
            })),
            .. Enumerable.Range(0, 2 * Sources).Select(i => Worker(() =>
            {
                using var connection = new KilledBroker.Connection(broker);
                var copier = new Copier(connection, 2 * Sources, from: i % Sources, to: Sources + (i % Sources), new Random((seed * 100) + i));
                copier.Run(() => Volatile.Read(ref ends[i % Sources]));
                Interlocked.Add(ref aborted, copier.Aborted);
            })),
        ];
        await All(work).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        await broker.StopKilling();

        Assert.True(broker.Kills > 0, $"{broker.Kills} kills");
        Assert.True(aborted > 0, $"{aborted} transactions aborted");
        using var reader = new KilledBroker.Connection(broker);
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

    /// <summary>Fails with the first task that fails: the others might wait for it forever.</summary>
    private static async Task All(Task[] work)
    {
        await foreach (var done in Task.WhenEach(work)) await done;
    }

    private static Task Worker(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Produces all batches with an idempotent producer and returns the end of the partition.</summary>
    private static long Feed(KilledBroker.Connection connection, int partition)
    {
        var pid = connection.Send(new InitCall(5, null, 0, -1, -1)).Parts[0].Value;
        var sequence = 0;
        for (var batch = 0; batch < Batches; batch++)
        {
            var values = Values(partition, batch);
            var reply = connection.Send(new ProduceCall(9, null, pid, 0, [new ProducedBatch(partition, sequence, values)]));
            Assert.Equal(Reply.Of(ErrorCode.None, sequence), reply);
            sequence += values.Length;
        }
        return sequence;
    }

    private static string[] Values(int partition, int batch) => [.. Enumerable.Range(0, 1 + (batch % 5)).Select(i => $"{partition}.{batch}.{i}")];
}
