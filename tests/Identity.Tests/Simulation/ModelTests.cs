using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>Properties that must hold however resolvers, linker and Redis interleave, fail and are replaced.</summary>
public sealed class ModelTests
{
    private const int Iterations = 1_500;

    /// <summary>Limits and caps that are reached frequently, separately and together.</summary>
    public static readonly Gen<IdentifierTypes> Rules =
        Gen.Select(Gen.Int[1, 2], Gen.Int[1, 3], Gen.OneOf(Gen.Int[1, 3], Gen.Const(100)), Gen.OneOf(Gen.Int[2, 6], Gen.Const(100)), Given.Types);

    public static readonly Gen<int[]> Schedules = Gen.Int[0, Model.Choices - 1].Array[0, 300];

    // Few identifiers, so that they are linked often: six devices, four users and two addresses, each often absent. Some events are statements or claims.
    private static readonly Gen<ValidatedEvent[]> Events = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 7], Gen.Int[0, 5], Gen.Int[0, 11])
        .Where(numbers => numbers.Item1 < 6 || numbers.Item2 < 4)
        .Array[1, 40]
        .Select(all => all.Select((numbers, i) => Given.Validated(Event(i, numbers.Item1, numbers.Item2, numbers.Item3, numbers.Item4))).ToArray());

    private static readonly Gen<(IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule)> Runs = Gen.Select(Rules, Events, Schedules);

    [Fact]
    public void Model_WithoutLimits_ProfilesAreTheConnectedComponents() => Gen.Select(Gen.Const(Given.Unlimited), Events, Schedules).Sample(run =>
    {
        var model = Play(run);
        var components = Components(run.Item2);
        foreach (var (a, b) in from a in components.Keys from b in components.Keys select (a, b))
        {
            Assert.True(
                (components[a] == components[b]) == (model.RootOf(a) == model.RootOf(b)),
                $"{Given.Name(a)} and {Given.Name(b)}: components {components[a]} and {components[b]}, roots {model.RootOf(a)} and {model.RootOf(b)}");
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void Model_WithLimits_MatchesTheOracle() => Runs.Sample(run =>
    {
        var model = Play(run);
        var oracle = new Oracle(run.Types);
        var requested = new Dictionary<string, IReadOnlyList<Identifier>>();
        foreach (var request in model.Requests.OfType<LinkRequest>())
        {
            requested[request.validated.envelope.messageId] = oracle.Link(request.validated.envelope, [.. request.identifiers]).Kept;
        }
        foreach (var identifier in run.Events.SelectMany(validated => EventIdentifiers.Of(validated.envelope, run.Types).Identifiers))
        {
            Assert.Equal((Given.Name(identifier), oracle.RootOf(identifier)), (Given.Name(identifier), model.RootOf(identifier)));
        }

        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var envelope = identified.validated.envelope;
            var extracted = EventIdentifiers.Of(envelope, run.Types).Identifiers;
            var dropped = identified.dropped.Select(dropped => $"{dropped.type}:{dropped.value}");
            Assert.Equal(extracted.Select(Given.Name).Order(), identified.identifiers.Select(Given.Name).Concat(dropped).Order());
            if (requested.TryGetValue(envelope.messageId, out var kept)) Assert.Equal(kept.Select(Given.Name), identified.identifiers.Select(Given.Name));
            // An event that was not sent to the linker must be one that would have changed nothing there.
            else Assert.False(oracle.Link(envelope, extracted).Changed, envelope.messageId);
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void Model_AnySchedule_EachEventIsEmittedOnceAndLeadsToItsRoot() => Runs.Sample(run =>
    {
        var model = Play(run);
        Assert.Equal(
            run.Events.Select(validated => validated.envelope.messageId),
            model.Identified.OfType<IdentifiedEvent>().Select(e => e.validated.envelope.messageId).Order());
        var aliases = model.Identified.OfType<ProfileMerged>().ToDictionary(merged => merged.loserId, merged => merged.winnerId);
        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var profile = identified.profileId;
            while (aliases.TryGetValue(profile, out var winner)) profile = winner;
            Assert.All(identified.identifiers, identifier => Assert.Equal(model.RootOf(identifier), profile));
        }
    }, iter: Iterations, print: Print);

    [Fact]
    public void Model_CombinationThatStaysApart_IsRefusedOnceAndThenResolved()
    {
        // Two users taking turns on one device, each event after the linker has become idle.
        var events = Enumerable.Range(0, 20).Select(i => Given.Event(i.ToString("000", null), userId: $"u{i % 2}", anonymousId: "shared"));
        var model = new Model(DefaultTypes.Configuration, []);
        foreach (var envelope in events)
        {
            model.Add(Given.Validated(envelope));
            model.Drain();
        }
        Assert.Equal(["linked", "limit"], model.Decisions.Select(decision => decision.kind));
        Assert.Equal(2, model.Requests.OfType<LinkRequest>().Count());
        var refused = model.Identified.OfType<IdentifiedEvent>().Where(one => one.dropped.Any(dropped => dropped is { value: "shared", reason: "limit" }));
        Assert.Equal(9 + 1, refused.Count());
    }

    [Fact]
    public void Model_AnySchedule_EventsOfADeviceKeepTheirOrder() => Runs.Sample(run =>
    {
        // Except merge calls, which are not about the identifiers of their sender.
        var envelopes = Play(run).Identified.OfType<IdentifiedEvent>().Select(one => one.validated.envelope).Where(envelope => envelope.type != "merge");
        foreach (var device in envelopes.GroupBy(Model.KeyOf, envelope => envelope.messageId)) Assert.Equal(device.Order(), device);
    }, iter: Iterations, print: Print);

    [Fact]
    public void GraphWrites_DecisionsReplayedInAnyPortions_RebuildRedis() => Gen.Select(Runs, Gen.Int[1, 5]).Sample((run, portion) =>
    {
        var model = Play(run);
        Assert.Equal(Enumerable.Range(1, model.Decisions.Count).Select(i => (long)i), model.Decisions.Select(decision => decision.sequence));
        var rebuilt = new ModelRedis();
        foreach (var decisions in model.Decisions.Chunk(portion))
        {
            foreach (var write in rebuilt.WritesOf(GraphWrites.Of(ModelRedis.Logged(decisions)))) write();
        }
        Assert.Equal(Describe(model.Redis), Describe(rebuilt));
    }, iter: 1_000);

    /// <summary>Whether the server or one shard of a cluster falls back between two reads.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Model_AnySchedule_RootsAreNeverOlderThanTheLinkersPosition(bool isCluster)
    {
        Runs.Sample(run => Assert.Empty(Play(run, isCluster).Stale), iter: Iterations, print: Print);
        // The model detects a resolver that does not compare positions.
        Assert.Throws<CsCheckException>(() =>
            Runs.Sample(run => Assert.Empty(Play(run, isCluster, comparesPositions: false).Stale), iter: 100 * Iterations));
    }

    private static Model Play((IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule) run) =>
        Play(run, isCluster: run.Schedule.Length % 2 == 1);

    private static Model Play((IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule) run, bool isCluster, bool comparesPositions = true)
    {
        var model = new Model(run.Types, run.Events, isCluster, comparesPositions);
        foreach (var choice in run.Schedule) model.Step(choice);
        model.Drain();
        return model;
    }

    /// <summary>Computes the components by brute force: the lowest number spreads until nothing changes.</summary>
    private static Dictionary<Identifier, int> Components(ValidatedEvent[] events)
    {
        var types = Given.Unlimited;
        var component = new Dictionary<Identifier, int>(IdentifierComparer.Instance);
        foreach (var identifier in events.SelectMany(validated => EventIdentifiers.Of(validated.envelope, types).Identifiers))
        {
            component.TryAdd(identifier, component.Count);
        }
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var identifiers in events.Select(validated => EventIdentifiers.Of(validated.envelope, types).Identifiers))
            {
                var lowest = identifiers.Min(identifier => component[identifier]);
                foreach (var identifier in identifiers)
                {
                    changed |= component[identifier] != lowest;
                    component[identifier] = lowest;
                }
            }
        }
        return component;
    }

    private static IEnumerable<string> Describe(ModelRedis redis) => redis.Roots.Select(root => $"{Given.Name(root.Key)} -> {root.Value}")
        .Concat(redis.Nodes.Select(node => Describe(node.Key, node.Value)))
        .Order(StringComparer.Ordinal);

    private static string Describe(string root, ModelNode node) =>
        $"{root}: {node.First} {node.Last} {node.Merges} {node.Ended} {string.Join(' ', node.Fields.Keys.Order(StringComparer.Ordinal))}";

    private static Event Event(int i, int device, int user, int address, int kind) => Given.Event(
        i.ToString("000", null),
        userId: user < 4 ? $"u{user}" : null,
        anonymousId: device < 6 ? $"d{device}" : null,
        type: kind switch { 0 or 2 => "alias", 1 or 3 => "merge", _ => "track" },
        trust: kind < 2 ? TrustLevel.Server : TrustLevel.Public,
        previousId: kind is 0 or 2 ? $"d{device % 3}" : null,
        context: address < 2 ? $$"""{"traits":{"email":"{{address}}@x.org"} }""" : null,
        extra: kind is 1 or 3
            ? $$"""{"mergeProperties":[{"type":"email","value":"{{address}}@x.org"},{"type":"user_id","value":"u{{user % 4}}"}]}"""
            : null);

    private static string Print((IdentifierTypes Types, ValidatedEvent[] Events, int[] Schedule) run)
    {
        var events = run.Events.Select(validated => validated.envelope)
            .Select(envelope => $"{envelope.type} {string.Join('+', EventIdentifiers.Of(envelope, run.Types).Identifiers.Select(Given.Name))}");
        return $"{run.Types.Rules}: {string.Join(", ", events)}; schedule {string.Join(' ', run.Schedule)}";
    }
}
