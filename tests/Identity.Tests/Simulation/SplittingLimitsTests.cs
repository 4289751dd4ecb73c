using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>Limits and splits together: identifiers that were refused may be linked after a split, so an outdated refusal must not count.</summary>
public sealed class SplittingLimitsTests
{
    // Steps with one to three of ten identifiers: 0 and 1 are splits, 2 is a statement, and the others are events.
    private static readonly Gen<(int Kind, int[] Numbers)[]> Histories = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9].Array[1, 3]).Array[1, 40];

    [Fact]
    public void Model_OneStepAfterTheOther_MatchesTheOracle() => Gen.Select(ModelTests.Rules, Histories).Sample((types, history) =>
    {
        var (model, oracle) = (new Model(types, []), new Oracle(types));
        foreach (var (i, (kind, numbers)) in history.Index())
        {
            var identifiers = Identifiers(numbers);
            if (kind < 2) Split(model, oracle, identifiers);
            else Add(model, oracle, types, Event(i, kind == 2, identifiers));
            model.Drain();
            AssertSameProfiles(model, oracle);
        }
    }, iter: 800, print: Print);

    [Fact]
    public void Model_AnySchedule_MatchesTheOracleForTheRequestsInTheirOrder() =>
        Gen.Select(ModelTests.Rules, Histories, ModelTests.Schedules).Sample(AssertMatchesTheOracle, iter: 800);

    private static void AssertMatchesTheOracle(IdentifierTypes types, (int Kind, int[] Numbers)[] history, int[] schedule)
    {
        Event[] events = [.. history.Where(step => step.Kind >= 2).Select((step, i) => Event(i, step.Kind == 2, Identifiers(step.Numbers)))];
        Identifier[][] splits = [.. history.Where(step => step.Kind < 2).Select(step => Identifiers(step.Numbers))];
        var model = new Model(types, events.Select(Given.Validated), isCluster: schedule.Length % 2 == 1);
        foreach (var (i, choice) in schedule.Index())
        {
            model.Step(choice);
            if (i % 8 == 0 && i / 8 < splits.Length) model.Unlink(splits[i / 8]);
        }
        model.Drain();

        var oracle = new Oracle(types);
        foreach (var request in model.Requests)
        {
            if (request is LinkRequest link) oracle.Link(link.validated.envelope, [.. link.identifiers]);
            else if (request is UnlinkRequest unlink) oracle.Split([.. unlink.identifiers]);
        }
        AssertSameProfiles(model, oracle);
    }

    private static void Split(Model model, Oracle oracle, Identifier[] identifiers)
    {
        model.Unlink(identifiers);
        oracle.Split(identifiers);
    }

    private static void Add(Model model, Oracle oracle, IdentifierTypes types, Event envelope)
    {
        model.Add(Given.Validated(envelope));
        oracle.Link(envelope, EventIdentifiers.Of(envelope, types).Identifiers);
    }

    // Compares which identifiers share a profile. The ids cannot be compared, because the oracle uses different names for split-off profiles.
    private static void AssertSameProfiles(Model model, Oracle oracle)
    {
        foreach (var (a, b) in from a in Enumerable.Range(0, 10) from b in Enumerable.Range(0, a) select (Given.Mixed(a), Given.Mixed(b)))
        {
            var (expected, actual) = ((oracle.RootOf(a), oracle.RootOf(b)), (model.RootOf(a), model.RootOf(b)));
            Assert.True(
                (expected.Item1 == expected.Item2) == (actual.Item1 == actual.Item2),
                $"{Given.Name(a)} and {Given.Name(b)} should have the roots {expected} but have {actual}");
        }
    }

    // A merge call can carry any number of identifiers; another event carries them as external ids. The anonymousId, which chooses the partition, is a
    // placeholder.
    private static Event Event(int i, bool isStatement, Identifier[] identifiers)
    {
        var (id, device) = (i.ToString("000", null), new string('0', 1 + (i % 4)));
        var items = string.Join(',', identifiers.Select(one => $$"""{"type":"{{one.type}}","{{(isStatement ? "value" : "id")}}":"{{one.value}}"}"""));
        return isStatement
            ? Given.Event(id, anonymousId: device, type: "merge", extra: $$"""{"mergeProperties":[{{items}}]}""")
            : Given.Event(id, anonymousId: device, context: $$"""{"externalIds":[{{items}}]}""");
    }

    private static Identifier[] Identifiers(int[] numbers) => [.. numbers.Distinct().Select(Given.Mixed)];

    private static string Print((IdentifierTypes Types, (int Kind, int[] Numbers)[] History) run)
    {
        var steps = run.History.Select(step =>
            $"{(step.Kind < 2 ? "split" : step.Kind == 2 ? "statement" : "event")} {string.Join('+', Identifiers(step.Numbers).Select(Given.Name))}");
        return $"{run.Types.Rules}: {string.Join(", ", steps)}";
    }
}
