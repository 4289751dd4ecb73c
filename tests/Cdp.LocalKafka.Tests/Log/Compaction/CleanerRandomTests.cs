namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>Logs with keys, tombstones, idempotent producers, transactions and all codecs, cleaned at random times; the seed names the scenario.</summary>
public sealed class CleanerRandomTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_RandomScenario_KeepsWhatReadersAndProducersNeed(int seed)
    {
        var random = new Random(seed);
        using var scenario = new LogScenario(seed) { DeleteRetentionMs = seed % 3 * 200 };
        for (var step = 0; step < 300; step++)
        {
            scenario.Append();
            scenario.Advance(random.Next(10));
            if (random.Next(25) != 0) continue;
            scenario.Clean(maxKeys: random.Next(2) == 0 ? 1000 : random.Next(1, 12), minLagMs: random.Next(3) * 50, crash: random.Next(2) == 0);
            scenario.Check();
        }

        scenario.EndAll();
        for (var i = 0; i < 3; i++)
        {
            scenario.Advance(1000);
            scenario.Clean();
            scenario.Check();
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_WithinDeleteRetention_ReaderInProgressSeesEveryTombstone(int seed)
    {
        var random = new Random(seed);
        using var scenario = new LogScenario(seed) { DeleteRetentionMs = 500 };
        for (var round = 0; round < 10; round++)
        {
            for (var step = 0; step < 40; step++)
            {
                scenario.Append();
                scenario.Advance(random.Next(10));
            }
            scenario.Clean(maxKeys: random.Next(1, 20));

            // The reader has read some records when the scenario continues, and reads the rest before the tombstone retention is over.
            var first = scenario.Log.ReadCommitted(0, 3000);
            var position = first.Count == 0 ? 0 : first[random.Next(first.Count)].Offset;
            for (var i = 0; i < 4; i++)
            {
                scenario.Append();
                scenario.Advance(random.Next(120));
                scenario.Clean(maxKeys: random.Next(1, 20), crash: random.Next(2) == 0);
            }
            var seen = first.Where(record => record.Offset < position).Concat(scenario.Log.ReadCommitted(position, 3000));
            Assert.Equal(CommittedReader.Fold(scenario.Committed), CommittedReader.Fold(seen));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_CleanedLog_ChangesNothing(int seed)
    {
        using var scenario = new LogScenario(seed) { DeleteRetentionMs = 500 };
        for (var step = 0; step < 200; step++) scenario.Append();
        scenario.EndAll();
        scenario.Clean();
        var once = scenario.Log.ReadCommitted(0, 5000);
        scenario.CleanAgain(); // the cleaner finds markers without records and sets their delete horizon
        var twice = scenario.Files();
        scenario.CleanAgain();

        Assert.Equal(twice, scenario.Files());
        Assert.Equal(once, scenario.Log.ReadCommitted(0, 5000));
    }
}
