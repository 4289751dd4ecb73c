using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>Logs that are cleaned while open, as the broker does it, and sometimes crash; the seed names the scenario.</summary>
public sealed class OpenLogRandomTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_RandomScenario_KeepsWhatReadersAndProducersNeed(int seed)
    {
        var random = new Random(seed);
        using var scenario = new LogScenario(seed) { DeleteRetentionMs = seed % 3 * 200 };
        for (var step = 0; step < 400; step++)
        {
            scenario.Append();
            scenario.Advance(random.Next(10));
            if (random.Next(25) != 0) continue;
            var images = new List<TempDirectory>();
            scenario.CleanOpen(minLagMs: random.Next(3) * 50, died: random.Next(2) == 0 ? images.Add : null);
            scenario.Check();
            if (images.Count > 0)
            {
                var survivor = images[random.Next(images.Count)];
                scenario.Restart(survivor);
                foreach (var image in images.Where(image => image != survivor)) image.Dispose();
            }
            else if (random.Next(2) == 0) scenario.Restart(image: null, flush: random.Next(2) == 0);
            scenario.Check();
        }

        scenario.EndAll();
        for (var i = 0; i < 3; i++)
        {
            scenario.Advance(1000);
            scenario.CleanOpen();
            scenario.Check();
        }
    }

    [Fact]
    public void Clean_CrashAtAnyStep_DoesNotAffectReadersAndProducers()
    {
        using var scenario = new LogScenario(4);
        for (var round = 0; round < 3; round++)
        {
            for (var step = 0; step < 150; step++) scenario.Append();
            var images = new List<TempDirectory>();
            scenario.CleanOpen(died: images.Add);
            scenario.Check();

            Assert.True(images.Count > 20, $"{images.Count} steps");
            foreach (var image in images)
            {
                scenario.Restart(image);
                scenario.Check();
                scenario.Restart(image: null);
                scenario.Check();
            }
        }
    }

    [Fact]
    public void Clean_FailureAtAnyStep_LogStaysUsableAndTheNextStartCompletes()
    {
        var failures = 0;
        for (var succeeded = false; !succeeded; failures++)
        {
            using var scenario = new LogScenario(7);
            for (var step = 0; step < 150; step++) scenario.Append();
            succeeded = scenario.CleanOpen(failing: failures);
            scenario.Check();
            Assert.Equal(succeeded, scenario.Log.Cleanability is not null);
            for (var step = 0; step < 100; step++) scenario.Append(); // begins segments, each with a checkpoint
            scenario.Check();
            scenario.Restart(image: null, flush: failures % 2 == 0);
            scenario.Check();
        }
        Assert.True(failures > 20, $"{failures} steps");
    }
}
