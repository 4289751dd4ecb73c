namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>Logs with keys, tombstones, idempotent producers, transactions and all codecs, cleaned at random; the seed names the story.</summary>
public sealed class CleanerRandomTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_AnyStory_LeavesWhatReadersAndProducersNeed(int seed)
    {
        var random = new Random(seed);
        using var story = new LogStory(seed) { DeleteRetentionMs = seed % 3 * 200 };
        for (var step = 0; step < 300; step++)
        {
            story.Append();
            story.Advance(random.Next(10));
            if (random.Next(25) != 0) continue;
            story.Clean(maxKeys: random.Next(2) == 0 ? 1000 : random.Next(1, 12), minLagMs: random.Next(3) * 50, crash: random.Next(2) == 0);
            story.Check();
        }

        story.EndAll();
        for (var i = 0; i < 3; i++)
        {
            story.Advance(1000);
            story.Clean();
            story.Check();
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_WithinDeleteRetention_ShowsEveryDeleteToAReaderOnItsWay(int seed)
    {
        var random = new Random(seed);
        using var story = new LogStory(seed) { DeleteRetentionMs = 500 };
        for (var round = 0; round < 10; round++)
        {
            for (var step = 0; step < 40; step++)
            {
                story.Append();
                story.Advance(random.Next(10));
            }
            story.Clean(maxKeys: random.Next(1, 20));

            // It has read a part when the story goes on, and reads the rest before the retention is over.
            var first = story.Log.ReadCommitted(0, 3000);
            var position = first.Count == 0 ? 0 : first[random.Next(first.Count)].Offset;
            for (var i = 0; i < 4; i++)
            {
                story.Append();
                story.Advance(random.Next(120));
                story.Clean(maxKeys: random.Next(1, 20), crash: random.Next(2) == 0);
            }
            var seen = first.Where(record => record.Offset < position).Concat(story.Log.ReadCommitted(position, 3000));
            Assert.Equal(CommittedReader.Fold(story.Committed), CommittedReader.Fold(seen));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Clean_OfACleanedLog_ChangesNothingMore(int seed)
    {
        using var story = new LogStory(seed) { DeleteRetentionMs = 500 };
        for (var step = 0; step < 200; step++) story.Append();
        story.EndAll();
        story.Clean();
        var once = story.Log.ReadCommitted(0, 5000);
        story.CleanAgain(); // finds markers without records and gives them their horizon
        var twice = story.Files();
        story.CleanAgain();

        Assert.Equal(twice, story.Files());
        Assert.Equal(once, story.Log.ReadCommitted(0, 5000));
    }
}
