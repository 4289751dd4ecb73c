using System.Globalization;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// Random stories of producers, transactions, readers and crashes, performed on the whole broker below its sockets and on a model of
/// what Kafka promises. A story that parts the two is printed with its seed, shortened to the steps it needs.
/// <c>CDP_MODEL_RUNS</c> sets how many are told, <c>CDP_MODEL_SEED</c> where they begin.
/// </summary>
public sealed class ModelTests
{
    [Fact]
    public void Broker_AnyStory_AnswersAndShowsWhatTheModelDoes()
    {
        var (runs, first) = (Number("CDP_MODEL_RUNS", 2_000), Number("CDP_MODEL_SEED", 1));
        for (var seed = first; seed < first + runs; seed++)
        {
            var story = Step.Story(new Random(seed));
            if (Play.Perform(story, seed) is null) continue;
            var shortest = Shorten(story, shorter => Play.Perform(shorter, seed) is not null);
            Assert.Fail($"seed {seed}, {shortest.Count} of {story.Count} steps:\n{Play.Perform(shortest, seed)}");
        }
    }

    /// <summary>What the environment says, or else the number for everyday use.</summary>
    internal static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>Takes out whatever is not needed, large parts first, then makes what is left ordinary.</summary>
    private static List<Step> Shorten(List<Step> story, Func<List<Step>, bool> fails)
    {
        for (var part = story.Count / 2; part > 0; part = part > 1 ? part / 2 : 0)
        {
            for (var at = story.Count - part; at >= 0; at -= part)
            {
                List<Step> without = [.. story[..at], .. story[(at + part)..]];
                if (fails(without)) story = without;
                at = Math.Min(at, story.Count);
            }
        }
        for (var i = 0; i < story.Count; i++)
        {
            if (story[i].Fate == Fate.Answered) continue;
            List<Step> plainer = [.. story];
            plainer[i] = story[i] with { Fate = Fate.Answered };
            if (fails(plainer)) story = plainer;
        }
        return story;
    }
}
