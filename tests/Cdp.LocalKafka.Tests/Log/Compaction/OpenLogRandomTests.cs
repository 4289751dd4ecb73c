namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>Logs that are cleaned while they are open, as the broker does it, and die now and then; the seed names the story.</summary>
public sealed class OpenLogRandomTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_AnyStory_LeavesWhatReadersAndProducersNeed(int seed)
    {
        var random = new Random(seed);
        using var story = new LogStory(seed) { DeleteRetentionMs = seed % 3 * 200 };
        for (var step = 0; step < 400; step++)
        {
            story.Append();
            story.Advance(random.Next(10));
            if (random.Next(25) != 0) continue;
            var images = new List<TempDirectory>();
            story.CleanOpen(minLagMs: random.Next(3) * 50, died: random.Next(2) == 0 ? images.Add : null);
            story.Check();
            if (images.Count > 0)
            {
                var survivor = images[random.Next(images.Count)];
                story.Restart(survivor);
                foreach (var image in images.Where(image => image != survivor)) image.Dispose();
            }
            else if (random.Next(2) == 0) story.Restart(image: null, flush: random.Next(2) == 0);
            story.Check();
        }

        story.EndAll();
        for (var i = 0; i < 3; i++)
        {
            story.Advance(1000);
            story.CleanOpen();
            story.Check();
        }
    }

    [Fact]
    public void Clean_DeathAtAnyStep_IsNothingToReadersAndProducers()
    {
        using var story = new LogStory(4);
        for (var round = 0; round < 3; round++)
        {
            for (var step = 0; step < 150; step++) story.Append();
            var images = new List<TempDirectory>();
            story.CleanOpen(died: images.Add);
            story.Check();

            Assert.True(images.Count > 20, $"{images.Count} steps");
            foreach (var image in images)
            {
                story.Restart(image);
                story.Check();
                story.Restart(image: null);
                story.Check();
            }
        }
    }

    [Fact]
    public void Clean_FailsAtAnyStep_TheLogServesOnAndTheNextStartFinishes()
    {
        var failures = 0;
        for (var succeeded = false; !succeeded; failures++)
        {
            using var story = new LogStory(7);
            for (var step = 0; step < 150; step++) story.Append();
            succeeded = story.CleanOpen(failing: failures);
            story.Check();
            Assert.Equal(succeeded, story.Log.Cleanability is not null);
            for (var step = 0; step < 100; step++) story.Append(); // begins segments, and with each writes a checkpoint
            story.Check();
            story.Restart(image: null, flush: failures % 2 == 0);
            story.Check();
        }
        Assert.True(failures > 20, $"{failures} steps");
    }
}
