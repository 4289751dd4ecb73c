using System.Globalization;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// Random scenarios of producers, transactions, consumers and crashes, run on the whole broker below its sockets and on a model of
/// what Kafka promises. When the two differ, the scenario is shortened to the steps it needs and printed with its seed.
/// <c>CDP_MODEL_RUNS</c> sets how many scenarios are run, <c>CDP_MODEL_SEED</c> the first seed.
/// </summary>
public sealed class ModelTests
{
    [Fact]
    public void Broker_RandomScenario_BehavesLikeTheModel()
    {
        var (runs, first) = (Number("CDP_MODEL_RUNS", 2_000), Number("CDP_MODEL_SEED", 1));
        for (var seed = first; seed < first + runs; seed++)
        {
            var scenario = Step.Scenario(new Random(seed));
            if (ScenarioRunner.Perform(scenario, seed) is null) continue;
            var shortest = Shorten(scenario, shorter => ScenarioRunner.Perform(shorter, seed) is not null);
            Assert.Fail($"seed {seed}, {shortest.Count} of {scenario.Count} steps:\n{ScenarioRunner.Perform(shortest, seed)}");
        }
    }

    /// <summary>The value of the environment variable, or the default for everyday use.</summary>
    internal static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>Removes unnecessary steps, large parts first, then replaces the remaining steps by simpler ones.</summary>
    private static List<Step> Shorten(List<Step> scenario, Func<List<Step>, bool> fails)
    {
        for (var part = scenario.Count / 2; part > 0; part = part > 1 ? part / 2 : 0)
        {
            for (var at = scenario.Count - part; at >= 0; at -= part)
            {
                List<Step> without = [.. scenario[..at], .. scenario[(at + part)..]];
                if (fails(without)) scenario = without;
                at = Math.Min(at, scenario.Count);
            }
        }
        for (var i = 0; i < scenario.Count; i++)
        {
            if (scenario[i].Delivery == Delivery.Delivered) continue;
            List<Step> plainer = [.. scenario];
            plainer[i] = scenario[i] with { Delivery = Delivery.Delivered };
            if (fails(plainer)) scenario = plainer;
        }
        return scenario;
    }
}
