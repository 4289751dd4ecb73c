using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Scripting;

/// <summary>The attacks that the engine stops, in process.</summary>
public sealed class CaughtAttackTests
{
    public static TheoryData<string> Names => Attacks.CaughtNames;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_Attack_FailsAlone(string name)
    {
        var (body, reason) = Attacks.Caught[name];
        var outcomes = await Given.RunAsync(
            Attacks.Function(body),
            Given.Trusted with { Limits = Attacks.Limits },
            new EventInput("""{"n":1}"""), new EventInput("""{"attack":true}"""), new EventInput("""{"n":2}"""));
        if (reason is null) Assert.IsType<FunctionOutcome.Kept>(outcomes[1]);
        else Assert.Contains(reason, Assert.IsType<FunctionOutcome.Failed>(outcomes[1]).Reason, StringComparison.Ordinal);
        Assert.Equal("""{"n":1}""", Given.Kept(outcomes[0]));
        Assert.Equal("""{"n":2}""", Given.Kept(outcomes[2]));
    }

    [Fact]
    public async Task Run_LimitExceeded_NamesThePlace()
    {
        var outcomes = await Given.RunAsync(
            Attacks.Function("let n = 0;\n  while (true) {\n    n++;\n  }"),
            Given.Trusted with { Limits = Attacks.Limits },
            new EventInput("""{"attack":true}"""));
        var failed = Assert.IsType<FunctionOutcome.Failed>(outcomes[0]);
        Assert.Equal("attack", failed.Module);
        Assert.InRange(failed.Line!.Value, 4, 5);
    }

    [Fact]
    public async Task Run_Cancelled_EndsBetweenStatements()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var limits = new FunctionLimits { Time = TimeSpan.FromMinutes(1), Statements = int.MaxValue, AllocatedBytes = long.MaxValue };
        var host = Given.Trusted with { Limits = limits };
        await using var function = await UserFunction.LoadAsync(Attacks.Function("while (true) {}"), host, Given.Stopping);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => function.RunAsync([new EventInput("""{"attack":true}""")], cancelled.Token));
        Assert.Equal("""{"n":1}""", Given.Kept((await function.RunAsync([new EventInput("""{"n":1}""")], Given.Stopping))[0]));
    }
}
