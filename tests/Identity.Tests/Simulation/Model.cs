using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Cdp.Identity.Resolving;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>
/// Resolvers, a linker, their topics and Redis in memory. A schedule executes them in small steps: between any two reads or writes of one component, the others
/// may proceed, fail or be replaced.
/// </summary>
internal sealed class Model
{
    public const int Partitions = 3;

    /// <summary>How many different steps there are.</summary>
    public const int Choices = Kinds * 24;

    private const int Kinds = 20;

    private readonly List<ValidatedEvent>[] _input = [[], [], []];
    private readonly int[] _committed = new int[Partitions];
    private readonly ModelResolver[] _resolvers;
    private readonly ModelResolver[] _owners = new ModelResolver[Partitions];
    private readonly Queue<Action> _zombie = new();
    private readonly bool _isCluster;
    private readonly bool _comparesPositions;
    private ModelLinker _linker;

    /// <param name="types">The identity configuration.</param>
    /// <param name="events">The events of all partitions.</param>
    /// <param name="isCluster">Whether Redis is a cluster, in which a single shard may fall back.</param>
    /// <param name="comparesPositions">False disables a check that the product needs, to prove that the model detects its absence.</param>
    public Model(IdentifierTypes types, IEnumerable<ValidatedEvent> events, bool isCluster = false, bool comparesPositions = true)
    {
        (_isCluster, _comparesPositions) = (isCluster, comparesPositions);
        Types = types;
        foreach (var validated in events) Add(validated);
        _resolvers = [new(this), new(this)];
        _linker = new(this);
        for (var partition = 0; partition < Partitions; partition++) Move(partition, _resolvers[partition % 2]);
    }

    public IdentifierTypes Types { get; }

    public ModelRedis Redis { get; } = new();

    /// <summary>identity.requests: LinkRequest and UnlinkRequest; null is a transaction marker or an aborted record.</summary>
    public List<ISpecificRecord?> Requests { get; } = [];

    public List<IdentityDecision> Decisions { get; } = [];

    /// <summary>events.identified: IdentifiedEvent, ProfileMerged and ProfileSplit of all partitions, in the order in which they were appended.</summary>
    public List<object> Identified { get; } = [];

    /// <summary>Identifiers whose roots were older than the resolver assumed.</summary>
    public List<string> Stale { get; } = [];

    /// <summary>The partition key of an event, which is the scope of its order: anonymousId, else userId.</summary>
    public static string KeyOf(Event envelope) => envelope.anonymousId ?? envelope.userId;

    private bool IsDrained =>
        _committed.Zip(_input).All(partition => partition.First == partition.Second.Count)
        && _linker.IsIdle
        && Redis.Position == Requests.Count
        && (!_isCluster || Redis.Lowest == Decisions.Count);

    public void Add(ValidatedEvent validated) => _input[PartitionOf(validated.envelope)].Add(validated);

    public void Step(int choice)
    {
        var (kind, which) = (choice % Kinds, choice / Kinds);
        switch (kind)
        {
            case < 9: _resolvers[which % 2].Step(take: 1 + (which % 4)); break;
            case < 16: _linker.Step(take: 1 + (which % 3)); break;
            case 16: _resolvers[which % 2].Abort(); break;
            case 17: Move(which % Partitions, _resolvers[which / Partitions % 2]); break;
            case 18 when which % 4 == 0: Redis.Lose(); break;
            case 18 when which % 4 == 1: Redis.Snapshot(); break;
            case 18 when which % 4 == 2 && _isCluster: Redis.FallBack(which / 4 % ModelRedis.Shards); break;
            case 18 when which % 4 == 2: Redis.FallBack(); break;
            case 18: if (_zombie.TryDequeue(out var late)) late(); break;
            default: ReplaceLinker(); break;
        }
    }

    /// <summary>Appends an unlink request.</summary>
    public void Unlink(params Identifier[] identifiers) => Requests.Add(Given.Unlink($"r{Requests.Count}", identifiers));

    /// <summary>The root of an identifier in Redis.</summary>
    public string RootOf(Identifier identifier) => Redis.Roots.TryGetValue(identifier, out var root) ? root.Root : Given.ProfileIds.Implied(identifier);

    /// <summary>Steps until all events are identified and Redis has caught up.</summary>
    public void Drain()
    {
        for (var steps = 0; !IsDrained; steps++)
        {
            if (steps > 10_000) throw new InvalidOperationException("the model does not become idle");
            foreach (var resolver in _resolvers) resolver.Step(take: 2);
            _linker.Step(take: 2);
        }
        while (_zombie.TryDequeue(out var late)) late();
    }

    // Not string.GetHashCode, which differs between runs, so that a failure could not be repeated.
    private static int PartitionOf(Event envelope) => Partitioner.Partition(KeyOf(envelope), Partitions);

    private long LastDecisionOn(Identifier identifier, long applied) => Decisions
        .Where(decision => decision.sequence <= applied && decision.identifiers.Contains(identifier, IdentifierComparer.Instance))
        .Select(decision => decision.sequence)
        .LastOrDefault();

    private void Move(int partition, ModelResolver to)
    {
        if (_owners[partition] is { } from)
        {
            from.Abort();
            from.Pending.Revoke(partition);
        }
        to.Abort();
        _owners[partition] = to;
        to.Pending.Assign(partition, Requests.Count);
    }

    // Writes to Redis that the replaced linker had started may still arrive at any time.
    private void ReplaceLinker()
    {
        foreach (var write in _linker.Writes) _zombie.Enqueue(write);
        _linker = new(this, _linker.Committed);
        Redis.CatchUp(Decisions);
    }

    private sealed class ModelResolver(Model model)
    {
        private readonly Resolver _resolver = new(Given.ProfileIds);
        private List<(ValidatedEvent Event, RecordPosition Origin)>? _batch;
        private (long Position, long Applied)? _linker;
        private Dictionary<Identifier, string>? _roots;
        private ResolverView? _view;
        private long _knownSequence;

        public PendingRequests Pending { get; } = new(capacity: 12);

        /// <summary>
        /// Executes one of these: poll, read the linker's progress, read the roots, read the refusals, commit. On a single server the progress is read
        /// together with the roots.
        /// </summary>
        public void Step(int take)
        {
            if (_batch is null) _batch = Poll(take);
            else if (_linker is null && (model._isCluster || !model._comparesPositions)) _linker = (model.Redis.Position, model.Redis.Applied);
            else if (_roots is null) ReadRoots(_batch, _linker ??= (model.Redis.Position, model.Redis.Applied));
            else if (_view is null) ReadRefusals(_roots, _linker!.Value);
            else Commit(_batch, _view);
        }

        public void Abort()
        {
            if (_view is not null) model.Requests.Add(null);
            (_batch, _linker, _roots, _view) = (null, null, null, null);
        }

        private List<(ValidatedEvent, RecordPosition)>? Poll(int take)
        {
            var batch = new List<(ValidatedEvent, RecordPosition)>();
            for (var partition = 0; partition < Partitions; partition++)
            {
                if (model._owners[partition] != this) continue;
                var from = model._committed[partition];
                batch.AddRange(model._input[partition].Skip(from).Take(take).Select((validated, i) => (validated, Given.At(from + i, partition))));
            }
            return batch.Count > 0 ? batch : null;
        }

        private void ReadRoots(List<(ValidatedEvent Event, RecordPosition)> batch, (long Position, long Applied) linker)
        {
            Identifier[] identifiers =
            [
                .. batch.SelectMany(record => EventIdentifiers.Of(record.Event.envelope, model.Types).Identifiers).Distinct(IdentifierComparer.Instance),
            ];
            if (IsBehind(linker.Applied, _knownSequence)) return;
            if (model._isCluster && identifiers.Any(one => IsBehind(model.Redis.Reached(ModelRedis.ShardOf(one)), linker.Applied))) return;
            _knownSequence = linker.Applied;
            var roots = model.Redis.Roots;
            model.Stale.AddRange(identifiers
                .Where(one => roots.GetValueOrDefault(one).Sequence < model.LastDecisionOn(one, linker.Applied))
                .Select(Given.Name));
            _roots = identifiers.Where(roots.ContainsKey).ToDictionary(one => one, one => roots[one].Root, IdentifierComparer.Instance);
        }

        private void ReadRefusals(Dictionary<Identifier, string> roots, (long Position, long Applied) linker)
        {
            if (IsBehind(model.Redis.Applied, linker.Applied)) return;
            Pending.Advance(linker.Position);
            _view = new ResolverView(linker.Position, roots, new Dictionary<string, LinkRefusal>(model.Redis.Refusals), model.Redis.LastSplit, Pending);
        }

        // If Redis is behind, the batch is read again from the start.
        private bool IsBehind(long applied, long required)
        {
            if (!model._comparesPositions || applied >= required) return false;
            (_linker, _roots) = (null, null);
            return true;
        }

        private void Commit(List<(ValidatedEvent Event, RecordPosition Origin)> batch, ResolverView view)
        {
            var requests = new List<(LinkRequest, long)>();
            foreach (var (validated, origin) in batch)
            {
                switch (_resolver.Resolve(model.Types, view, validated, EventIdentifiers.Of(validated.envelope, model.Types), origin))
                {
                    case LinkRequest request:
                        requests.Add((request, model.Requests.Count));
                        model.Requests.Add(request);
                        break;
                    case var identified: model.Identified.Add(identified); break;
                }
                model._committed[origin.partition]++;
            }
            if (requests.Count > 0) model.Requests.Add(null);
            foreach (var (request, offset) in requests) Pending.Add(request.identifiers, offset);
            (_batch, _linker, _roots, _view) = (null, null, null, null);
        }
    }

    private sealed class ModelLinker(Model model, int committed = 0)
    {
        private long _applied = model.Decisions.Count;
        private List<object>? _outputs;
        private List<(string Key, LinkRefusal Refusal)> _refusals = [];
        private int _next;

        public int Committed { get; private set; } = committed;
        public Queue<Action> Writes { get; } = new();
        public bool IsIdle => _outputs is null && Writes.Count == 0 && Committed == model.Requests.Count;

        /// <summary>Executes one of these: write one key of Redis, commit, decide on a batch, publish that the end is reached.</summary>
        public void Step(int take)
        {
            if (Writes.TryDequeue(out var write)) write();
            else if (_outputs is not null) Commit(_outputs);
            else if (Committed < model.Requests.Count) Decide(take);
            else AtEnd();
        }

        private void EnsureCaughtUp()
        {
            if (Applied != _applied) model.Redis.CatchUp(model.Decisions);
            _applied = Applied;
        }

        private long Applied => model._isCluster ? model.Redis.Lowest : model.Redis.Applied;

        private void Decide(int take)
        {
            EnsureCaughtUp();
            var graph = model.Redis.Graph(_applied);
            (_outputs, _refusals) = ([], []);
            for (_next = Committed; _next < model.Requests.Count && take-- > 0; _next++)
            {
                var position = Given.At(_next, topic: "cdp.identity.requests");
                switch (model.Requests[_next])
                {
                    case LinkRequest request:
                        var linked = Linker.Decide(model.Types, graph, request, position, Given.Now);
                        if (linked.Decision is { } decision) _outputs.Add(decision);
                        if (linked.NewRefusal is { } refusal) _refusals.Add(refusal);
                        _outputs.AddRange([.. linked.Merged, linked.Identified]);
                        break;
                    case UnlinkRequest request:
                        var unlinked = Unlinker.Decide(DefaultTypes.Configuration, graph, request, position, Given.Now);
                        if (unlinked.Decision is { } split) _outputs.AddRange([split, unlinked.Split!]);
                        break;
                }
            }
        }

        private void Commit(List<object> outputs)
        {
            IdentityDecision[] decisions = [.. outputs.OfType<IdentityDecision>()];
            model.Decisions.AddRange(decisions);
            model.Identified.AddRange(outputs.Where(output => output is not IdentityDecision));
            (Committed, _outputs) = (_next, null);
            var (from, position) = (_applied, Committed);
            var all = GraphWrites.Of(ModelRedis.Logged(decisions));
            // Each write is a script. The one with the linker's progress comes last and includes the last split.
            for (var shard = 0; model._isCluster && shard < ModelRedis.Shards; shard++)
            {
                var own = shard;
                Writes.Enqueue(() => Write(ModelRedis.Of(all, own), () => model.Redis.Advance(own, from, from + decisions.Length)));
            }
            var last = model._isCluster ? ModelRedis.Of(all, -1) with { LastSplit = all.LastSplit } : all;
            Writes.Enqueue(() => Write(last, () => model.Redis.Advance(from, from + decisions.Length)));
            _applied = model.Decisions.Count;
            foreach (var (key, refusal) in _refusals) Writes.Enqueue(() => model.Redis.AddRefusal(key, refusal));
            Writes.Enqueue(() => Publish(position));
        }

        private void Write(GraphWrites writes, Func<bool> advance)
        {
            foreach (var write in model.Redis.WritesOf(writes)) write();
            if (!advance()) model.Redis.CatchUp(model.Decisions);
        }

        private void Publish(long position)
        {
            while (!model.Redis.Publish(position, _applied)) EnsureCaughtUp();
        }

        private void AtEnd()
        {
            EnsureCaughtUp();
            Publish(Committed);
        }
    }
}
