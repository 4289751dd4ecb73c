using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Workers;

/// <summary>The attacks that the engine stops, in a worker process.</summary>
[Trait("tier", "integration")]
public sealed class WorkerAttackTests
{
    [Fact]
    public async Task Run_Attack_FailsAlone()
    {
        // One function with all attacks, chosen by the event, so that one worker is enough. Attacks that are only to be survived would change the others.
        var attacks = Attacks.Caught.Where(attack => attack.Value.Reason is not null).ToList();
        var code = $$"""
            const attacks = {
              {{string.Join("\n", attacks.Select(attack => $"'{attack.Key}'(event) {{ {attack.Value.Body} }},"))}}
            };
            export const transformEvent = event => event.attack ? attacks[event.attack](event) : event;
            """;
        var host = new FunctionHost { Limits = Attacks.Limits with { Grace = TimeSpan.FromSeconds(20) } };
        await using var function = await UserFunction.LoadAsync(new FunctionDefinition("attack", code), host, Given.Stopping);
        foreach (var (name, (_, reason)) in attacks)
        {
            var outcomes = await function.RunAsync([new EventInput($$"""{"attack":"{{name}}"}"""), new EventInput("""{"n":1}""")], Given.Stopping);
            Assert.Contains(reason!, Assert.IsType<FunctionOutcome.Failed>(outcomes[0]).Reason, StringComparison.Ordinal);
            Assert.Equal("""{"n":1}""", Given.Kept(outcomes[1]));
            Assert.IsType<FunctionState.Active>(function.State);
        }
    }
}
