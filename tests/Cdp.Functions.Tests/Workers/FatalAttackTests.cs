using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Workers;

/// <summary>The attacks that end or stall a worker process: none reaches this process, and none costs an event before it.</summary>
[Trait("tier", "integration")]
public sealed class FatalAttackTests
{
    public static TheoryData<string> Fatal => Attacks.FatalNames;

    [Theory]
    [MemberData(nameof(Fatal))]
    public async Task Run_FatalAttack_SwitchesTheFunctionOffAndKeepsItsNeighbours(string name)
    {
        await using var function = await UserFunction.LoadAsync(
            Attacks.Function(Attacks.Fatal[name]), new FunctionHost { Limits = Attacks.Limits }, Given.Stopping);
        var outcomes = await function.RunAsync(
            [new EventInput("""{"n":1}"""), new EventInput("""{"attack":true}"""), new EventInput("""{"n":2}""")], Given.Stopping);
        Assert.Equal("""{"n":1}""", Given.Kept(outcomes[0]));
        var failed = Assert.IsType<FunctionOutcome.Failed>(outcomes[1]);
        Assert.True(name != "BigInt squaring" || function.State is FunctionState.SwitchedOff, failed.Reason);
        if (function.State is FunctionState.SwitchedOff)
        {
            // The worker ended at the attack, twice. What followed is retryable, and no event is without an outcome.
            Assert.All(outcomes.Skip(1), outcome => Assert.True(Assert.IsType<FunctionOutcome.Failed>(outcome).Retryable));
        }
        else
        {
            // The limits of the worker stopped it.
            Assert.Contains("limit", failed.Reason, StringComparison.Ordinal);
            Assert.Equal("""{"n":2}""", Given.Kept(outcomes[2]));
        }
        function.Enable();
        Assert.Equal("""{"n":3}""", Given.Kept((await function.RunAsync([new EventInput("""{"n":3}""")], Given.Stopping))[0]));
    }

    [Fact]
    public async Task LoadAsync_CodeThatStalls_IsAFault()
    {
        var definition = new FunctionDefinition("attack", $"{Attacks.Stall}\nexport function transformEvent(event) {{ return event; }}");
        var host = new FunctionHost { Limits = Attacks.Limits with { Start = TimeSpan.FromSeconds(3) } };
        var fault = await Assert.ThrowsAsync<FunctionException>(() => UserFunction.LoadAsync(definition, host, Given.Stopping));
        Assert.Contains("cannot be loaded", fault.Message, StringComparison.Ordinal);
    }
}
