using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>What must hold however resolvers, linker and Redis interleave, fail and are replaced.</summary>
public sealed class ModelTests
{
    private const int Iterations = 1_500;

    // Few names, so that they meet: six devices, four users, two addresses, each often absent; some of them stated by an alias or a merge call.
    private static readonly Gen<ValidatedEvent[]> Events = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 7], Gen.Int[0, 5], Gen.Int[0, 11]).Where(names => names.Item1 < 6 || names.Item2 < 4).Array[1, 40]
        .Select(all => all.Select((names, i) => A.Validated(Event(i, names.Item1, names.Item2, names.Item3, names.Item4))).ToArray());

    // None that anything reaches; then such as are reached all the time, each by itself and together.
    private static readonly IdentifierTypes Unlimited = A.Types(users: 1_000, others: 1_000);
    private static readonly Gen<IdentifierTypes> Rules = Gen.Select(Gen.Int[1, 2], Gen.Int[1, 3], Gen.OneOf(Gen.Int[1, 3], Gen.Const(100)), Gen.OneOf(Gen.Int[2, 6], Gen.Const(100)), A.Types);

    private static readonly Gen<int[]> Schedules = Gen.Int[0, (20 * 24) - 1].Array[0, 300];
    private static readonly Gen<(IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule)> Runs = Gen.Select(Rules, Events, Schedules);

    [Fact]
    public void AnySchedule_WithoutLimits_ProfilesAreTheConnectedComponents() => Gen.Select(Gen.Const(Unlimited), Events, Schedules).Sample(run =>
    {
        var model = Play(run);
        var components = Components(run.Item2);
        foreach (var (a, b) in from a in components.Keys from b in components.Keys select (a, b))
        {
            Assert.True((components[a] == components[b]) == (RootOf(model, a) == RootOf(model, b)), $"{A.Name(a)} and {A.Name(b)}: component {components[a]} and {components[b]}, root {RootOf(model, a)} and {RootOf(model, b)}");
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void AnySchedule_WithLimits_ProfilesAreWhatTheOracleSays() => Runs.Sample(run =>
    {
        var model = Play(run);
        var oracle = new Oracle(run.Types);
        var asked = new Dictionary<string, IReadOnlyList<Identifier>>();
        foreach (var request in model.Requests.OfType<LinkRequest>()) asked[request.validated.envelope.messageId] = oracle.Take(request.validated.envelope, [.. request.identifiers]).Kept;
        foreach (var identifier in run.Events.SelectMany(validated => run.Types.Of(validated.envelope).Identifiers)) Assert.Equal((A.Name(identifier), oracle.RootOf(identifier)), (A.Name(identifier), RootOf(model, identifier)));

        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var envelope = identified.validated.envelope;
            var names = run.Types.Of(envelope).Identifiers;
            Assert.Equal(names.Select(A.Name).Order(), identified.identifiers.Select(A.Name).Concat(identified.dropped.Select(dropped => $"{dropped.type}:{dropped.value}")).Order());
            if (asked.TryGetValue(envelope.messageId, out var kept)) Assert.Equal(kept.Select(A.Name), identified.identifiers.Select(A.Name));
            // Whoever did not ask the linker would have changed nothing there.
            else Assert.False(oracle.Take(envelope, names).Changed, envelope.messageId);
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void AnySchedule_EachEvent_IsEmittedOnceAndLeadsToItsRoot() => Runs.Sample(run =>
    {
        var model = Play(run);
        Assert.Equal(run.Events.Select(validated => validated.envelope.messageId), model.Identified.OfType<IdentifiedEvent>().Select(e => e.validated.envelope.messageId).Order());
        var aliases = model.Identified.OfType<ProfileMerged>().ToDictionary(merged => merged.loserId, merged => merged.winnerId);
        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var profile = identified.profileId;
            while (aliases.TryGetValue(profile, out var winner)) profile = winner;
            Assert.All(identified.identifiers, identifier => Assert.Equal(RootOf(model, identifier), profile));
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void AnySchedule_CombinationThatStaysApart_IsRefusedOnceAndThenResolved()
    {
        // Two users in turns on one device, each event after the linker has come to rest.
        ValidatedEvent[] events = [.. Enumerable.Range(0, 20).Select(i => A.Validated(A.Event(i.ToString("000", null), userId: $"u{i % 2}", anonymousId: "shared")))];
        var model = new Model(DefaultTypes.Configuration, []);
        foreach (var validated in events)
        {
            model.Add(validated);
            model.Drain();
        }
        Assert.Equal(["linked", "limit"], model.Decisions.Select(decision => decision.kind));
        Assert.Equal(2, model.Requests.OfType<LinkRequest>().Count());
        Assert.Equal(9 + 1, model.Identified.OfType<IdentifiedEvent>().Count(identified => identified.dropped.Any(dropped => dropped is { value: "shared", reason: "limit" })));
    }

    [Fact]
    public void AnySchedule_EventsOfADevice_KeepTheirOrder() => Runs.Sample(run =>
    {
        // A merge call is about others than who sends it.
        foreach (var device in Play(run).Identified.OfType<IdentifiedEvent>().Select(identified => identified.validated.envelope).Where(envelope => envelope.type != "merge").GroupBy(Model.KeyOf, envelope => envelope.messageId))
        {
            Assert.Equal(device.Order(), device);
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void Replay_OfTheDecisionsInAnyPortions_RebuildsRedis() => Gen.Select(Runs, Gen.Int[1, 5]).Sample((run, portion) =>
    {
        var model = Play(run);
        Assert.Equal(Enumerable.Range(1, model.Decisions.Count).Select(i => (long)i), model.Decisions.Select(decision => decision.sequence));
        var rebuilt = new ModelRedis();
        foreach (var decisions in model.Decisions.Chunk(portion))
        {
            foreach (var write in rebuilt.WritesOf(HotWrites.Of(ModelRedis.Logged(decisions)))) write();
        }
        Assert.Equal(Describe(model.Redis), Describe(rebuilt));
    }, iter: 1_000);

    private static Model Play((IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule) run)
    {
        var model = new Model(run.Types, run.Events, isCluster: run.Schedule.Length % 2 == 1);
        foreach (var choice in run.Schedule) model.Step(choice);
        model.Drain();
        return model;
    }

    private static string RootOf(Model model, Identifier identifier) => model.Redis.Roots.TryGetValue(identifier, out var root) ? root.Root : A.ProfileIds.Implied(identifier);

    /// <summary>By brute force: names spread until nothing changes.</summary>
    private static Dictionary<Identifier, int> Components(ValidatedEvent[] events)
    {
        var types = Unlimited;
        var component = new Dictionary<Identifier, int>(IdentifierComparer.Instance);
        foreach (var identifier in events.SelectMany(validated => types.Of(validated.envelope).Identifiers)) component.TryAdd(identifier, component.Count);
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var identifiers in events.Select(validated => types.Of(validated.envelope).Identifiers))
            {
                var least = identifiers.Min(identifier => component[identifier]);
                foreach (var identifier in identifiers)
                {
                    changed |= component[identifier] != least;
                    component[identifier] = least;
                }
            }
        }
        return component;
    }

    private static IEnumerable<string> Describe(ModelRedis redis) => redis.Roots.Select(root => $"{A.Name(root.Key)} -> {root.Value}")
        .Concat(redis.Nodes.Select(node => $"{node.Key}: {node.Value.First} {node.Value.Last} {node.Value.Merges} {node.Value.Ended} {string.Join(' ', node.Value.Fields.Keys.Order(StringComparer.Ordinal))}")).Order(StringComparer.Ordinal);

    private static Event Event(int i, int device, int user, int address, int stated) => A.Event(
        i.ToString("000", null),
        userId: user < 4 ? $"u{user}" : null,
        anonymousId: device < 6 ? $"d{device}" : null,
        type: stated switch { 0 => "alias", 1 => "merge", _ => "track" },
        previousId: stated == 0 ? $"d{device % 3}" : null,
        context: address < 2 ? $$"""{"traits":{"email":"{{address}}@x.org"} }""" : null,
        extra: stated == 1 ? $$"""{"mergeProperties":[{"type":"email","value":"{{address}}@x.org"},{"type":"user_id","value":"u{{user % 4}}"}]}""" : null);

    private static string Print((IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule) run) =>
        $"{run.Types.Rules}: {string.Join(", ", run.Events.Select(e => $"{e.envelope.type} {string.Join('+', run.Types.Of(e.envelope).Identifiers.Select(A.Name))}"))}; schedule {string.Join(' ', run.Schedule)}";
}
