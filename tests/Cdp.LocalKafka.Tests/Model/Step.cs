namespace Cdp.LocalKafka.Tests.Model;

internal enum Act
{
    Init,

    /// <summary>Init with the id and epoch it has (KIP-360).</summary>
    Bump,
    Add,

    /// <summary>Adds the partitions first if it must, as clients do.</summary>
    Produce,

    /// <summary>Without adding them, as broken and delayed clients do.</summary>
    ProduceBlindly,
    AddOffsets,
    CommitOffset,
    CommitOffsetPlainly,
    Commit,
    Abort,

    /// <summary>An earlier request again, with the same bytes.</summary>
    Retry,
    Wait,
    Crash,
}

/// <summary>What becomes of the answer to a step's request.</summary>
internal enum Fate
{
    Answered,
    Lost,

    /// <summary>The broker dies over it: any part of its writes may be on disk.</summary>
    Torn,
}

/// <summary>One step of a story. It means something in every state, so that a story stays one when steps are taken out of it.</summary>
/// <param name="Salt">Seeds whatever else the step has to choose.</param>
internal sealed record Step(Act Act, int Who, Fate Fate, int Salt)
{
    private static readonly (Act Act, int Weight)[] Weights =
    [
        (Act.Init, 8), (Act.Bump, 4), (Act.Add, 4), (Act.Produce, 34), (Act.ProduceBlindly, 3), (Act.AddOffsets, 3), (Act.CommitOffset, 8),
        (Act.CommitOffsetPlainly, 3), (Act.Commit, 10), (Act.Abort, 8), (Act.Retry, 8), (Act.Wait, 3), (Act.Crash, 4),
    ];

    /// <summary>A story of one producer is deep, a story of all is wide.</summary>
    public static List<Step> Story(Random random)
    {
        var cast = Enumerable.Range(0, Cast.Size).OrderBy(_ => random.Next()).Take(random.Next(1, Cast.Size + 1)).ToArray();
        var length = random.Next(20, 60);
        // Every producer begins with an id; most of what is interesting comes after.
        var story = cast.Where(_ => random.Next(4) != 0).Select(who => new Step(Act.Init, who, Fate.Answered, random.Next())).ToList();
        while (story.Count < length)
        {
            var who = cast[random.Next(cast.Length)];
            var fate = random.Next(10) switch { 0 => Fate.Lost, 1 => Fate.Torn, _ => Fate.Answered };
            story.Add(new Step(Choose(random), who, fate, random.Next()));
            if (fate != Fate.Answered && random.Next(3) != 0) story.Add(new Step(Act.Retry, who, Fate.Answered, 0));
        }
        return story;
    }

    private static Act Choose(Random random)
    {
        var at = random.Next(Weights.Sum(w => w.Weight));
        return Weights.First(w => (at -= w.Weight) < 0).Act;
    }
}
