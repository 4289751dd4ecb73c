using cdp;
using Cdp.Identifiers;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>Limits and splits together: what was refused may be linked after a split, and what is remembered of refusals must not stand in its way.</summary>
public sealed class SplittingLimitsTests
{
    private static readonly Gen<IdentifierTypes> Rules = Gen.Select(Gen.Int[1, 2], Gen.Int[1, 3], Gen.OneOf(Gen.Int[1, 3], Gen.Const(100)), Gen.OneOf(Gen.Int[2, 6], Gen.Const(100)), A.Types);

    // Ten names: a split of one to three of them, a statement, or an event of one to three.
    private static readonly Gen<(int What, int[] Names)[]> Histories = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9].Array[1, 3]).Array[1, 40];

    [Fact]
    public void AnyHistory_OneStepAfterTheOther_ProfilesAreWhatTheOracleSays() => Gen.Select(Rules, Histories).Sample((types, history) =>
    {
        var (model, oracle) = (new Model(types, []), new Oracle(types));
        foreach (var (i, (what, numbers)) in history.Index())
        {
            Identifier[] names = [.. numbers.Distinct().Select(Name)];
            if (what < 2) Ask(model, oracle, names);
            else Add(model, oracle, types, Event(i, what == 2, names));
            model.Drain();
            AssertAlike(model, oracle);
        }
    }, iter: 800, print: Print);

    [Fact]
    public void AnySchedule_ProfilesAreWhatTheOracleSaysOfTheRequestsInTheirOrder() => Gen.Select(Rules, Histories, Gen.Int[0, (20 * 24) - 1].Array[0, 300]).Sample((types, history, schedule) =>
    {
        Event[] events = [.. history.Where(step => step.What >= 2).Select((step, i) => Event(i, step.What == 2, [.. step.Names.Distinct().Select(Name)]))];
        Identifier[][] splits = [.. history.Where(step => step.What < 2).Select(step => step.Names.Distinct().Select(Name).ToArray())];
        var model = new Model(types, events.Select(A.Validated), isCluster: schedule.Length % 2 == 1);
        foreach (var (i, choice) in schedule.Index())
        {
            model.Step(choice);
            if (i % 8 == 0 && i / 8 < splits.Length) model.Ask(splits[i / 8]);
        }
        model.Drain();

        var oracle = new Oracle(types);
        foreach (var request in model.Requests)
        {
            if (request is LinkRequest link) oracle.Take(link.validated.envelope, [.. link.identifiers]);
            else if (request is UnlinkRequest unlink) oracle.Split([.. unlink.identifiers]);
        }
        AssertAlike(model, oracle);
    }, iter: 800);

    private static void Ask(Model model, Oracle oracle, Identifier[] names)
    {
        model.Ask(names);
        oracle.Split(names);
    }

    private static void Add(Model model, Oracle oracle, IdentifierTypes types, Event envelope)
    {
        model.Add(A.Validated(envelope));
        oracle.Take(envelope, types.Of(envelope).Identifiers);
    }

    // A profile that was split off has another id in the oracle, which does not count decisions. So it is told who is with whom.
    private static void AssertAlike(Model model, Oracle oracle)
    {
        foreach (var (a, b) in from a in Enumerable.Range(0, 10) from b in Enumerable.Range(0, a) select (Name(a), Name(b)))
        {
            Assert.True((oracle.RootOf(a) == oracle.RootOf(b)) == (RootOf(model, a) == RootOf(model, b)), $"{A.Name(a)} and {A.Name(b)}: root {oracle.RootOf(a)} and {oracle.RootOf(b)}, in fact {RootOf(model, a)} and {RootOf(model, b)}");
        }
    }

    private static string RootOf(Model model, Identifier identifier) => model.Redis.Roots.TryGetValue(identifier, out var root) ? root.Root : A.ProfileIds.Implied(identifier);

    // A merge call names as many as it likes; another event carries them as external ids. What it is partitioned by names nobody.
    private static Event Event(int i, bool isStated, Identifier[] names) => isStated
        ? A.Event(i.ToString("000", null), anonymousId: new string('0', 1 + (i % 4)), type: "merge", extra: $$"""{"mergeProperties":[{{string.Join(',', names.Select(name => $$"""{"type":"{{name.type}}","value":"{{name.value}}"}"""))}}]}""")
        : A.Event(i.ToString("000", null), anonymousId: new string('0', 1 + (i % 4)), context: $$"""{"externalIds":[{{string.Join(',', names.Select(name => $$"""{"type":"{{name.type}}","id":"{{name.value}}"}"""))}}]}""");

    private static Identifier Name(int number) => (number % 3) switch
    {
        0 => A.User($"u{number}"),
        1 => A.Email($"e{number}@x.org"),
        _ => A.Anonymous($"a{number}"),
    };

    private static string Print((IdentifierTypes Types, (int What, int[] Names)[] History) run) =>
        $"{run.Types.Rules}: {string.Join(", ", run.History.Select(step => $"{(step.What < 2 ? "split" : step.What == 2 ? "state" : "event")} {string.Join('+', step.Names.Distinct().Select(Name).Select(A.Name))}"))}";
}
