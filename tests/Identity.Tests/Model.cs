using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using Cdp.Identity.Resolving;

namespace Cdp.Identity.Tests;

/// <summary>
/// Resolvers, a linker, their topics and Redis in memory, one small step at a time, in whatever order a schedule says: between any two reads or
/// writes of one part the others may go on, fail, or be replaced.
/// </summary>
internal sealed class Model
{
    public const int Partitions = 3;

    private readonly List<ValidatedEvent>[] _input = [[], [], []];
    private readonly int[] _committed = new int[Partitions];
    private readonly ModelResolver[] _resolvers;
    private readonly ModelResolver[] _owners = new ModelResolver[Partitions];
    private readonly Queue<Action> _zombie = new();
    private ModelLinker _linker;

    public Model(IEnumerable<ValidatedEvent> events)
    {
        foreach (var validated in events) _input[PartitionOf(validated.envelope)].Add(validated);
        _resolvers = [new(this), new(this)];
        _linker = new(this);
        for (var partition = 0; partition < Partitions; partition++) Move(partition, _resolvers[partition % 2]);
    }

    public ModelRedis Redis { get; } = new();

    /// <summary>identity.requests; null: a transaction's marker, or a record of one that was aborted.</summary>
    public List<LinkRequest?> Requests { get; } = [];
    public List<IdentityDecision> Decisions { get; } = [];

    /// <summary>events.identified: IdentifiedEvent and ProfileMerged, all partitions in the order in which they were appended.</summary>
    public List<object> Identified { get; } = [];

    /// <summary>Device and so order: anonymousId, else userId.</summary>
    public static string KeyOf(Event envelope) => envelope.anonymousId ?? envelope.userId;

    private bool IsDrained => _committed.Zip(_input).All(partition => partition.First == partition.Second.Count) && _linker.IsIdle && Redis.Position == Requests.Count;

    public void Step(int choice)
    {
        var (what, which) = (choice % 20, choice / 20);
        switch (what)
        {
            case < 9: _resolvers[which % 2].Step(take: 1 + (which % 4)); break;
            case < 16: _linker.Step(take: 1 + (which % 3)); break;
            case 16: _resolvers[which % 2].Abort(); break;
            case 17: Move(which % Partitions, _resolvers[which / Partitions % 2]); break;
            case 18 when which % 4 == 0: Redis.Lose(); break;
            case 18: if (_zombie.TryDequeue(out var late)) late(); break;
            default: ReplaceLinker(); break;
        }
    }

    public void Drain()
    {
        for (var steps = 0; !IsDrained; steps++)
        {
            if (steps > 10_000) throw new InvalidOperationException("the model does not come to rest");
            foreach (var resolver in _resolvers) resolver.Step(take: 2);
            _linker.Step(take: 2);
        }
        while (_zombie.TryDequeue(out var late)) late();
    }

    // Not string.GetHashCode, which differs from run to run and would make a failure unrepeatable.
    private static int PartitionOf(Event envelope) => Partitioner.Partition(KeyOf(envelope), Partitions);

    private void Move(int partition, ModelResolver to)
    {
        if (_owners[partition] is { } from)
        {
            from.Abort();
            from.Detours.Revoked(partition);
        }
        to.Abort();
        _owners[partition] = to;
        to.Detours.Assigned(partition, Requests.Count);
    }

    // What the old one had begun to write to Redis may still arrive there, at any time.
    private void ReplaceLinker()
    {
        foreach (var write in _linker.Writes) _zombie.Enqueue(write);
        _linker = new(this, _linker.Committed);
        Redis.CatchUp(Decisions);
    }

    private sealed class ModelResolver(Model model)
    {
        private readonly Resolver _resolver = new(A.ProfileIds);
        private List<(ValidatedEvent Event, RecordPosition Origin)>? _batch;
        private long? _position;
        private ResolverView? _view;

        public Detours Detours { get; } = new(capacity: 12);

        /// <summary>Polls, reads the linker's position, reads the roots, commits: one of them.</summary>
        public void Step(int take)
        {
            if (_batch is null) _batch = Poll(take);
            else if (_position is null) _position = model.Redis.Position;
            else if (_view is null) ReadRoots(_batch, _position.Value);
            else Commit(_batch, _view);
        }

        public void Abort()
        {
            if (_view is not null) model.Requests.Add(null);
            (_batch, _position, _view) = (null, null, null);
        }

        private List<(ValidatedEvent, RecordPosition)>? Poll(int take)
        {
            var batch = new List<(ValidatedEvent, RecordPosition)>();
            for (var partition = 0; partition < Partitions; partition++)
            {
                if (model._owners[partition] != this) continue;
                var from = model._committed[partition];
                batch.AddRange(model._input[partition].Skip(from).Take(take).Select((validated, i) => (validated, A.At(from + i, partition))));
            }
            return batch.Count > 0 ? batch : null;
        }

        private void ReadRoots(List<(ValidatedEvent Event, RecordPosition)> batch, long position)
        {
            var roots = batch.SelectMany(record => DefaultTypes.Configuration.Of(record.Event.envelope).Identifiers).Distinct(IdentifierComparer.Instance).Where(model.Redis.Roots.ContainsKey)
                .ToDictionary(identifier => identifier, identifier => model.Redis.Roots[identifier].Root, IdentifierComparer.Instance);
            Detours.Passed(position);
            _view = new ResolverView(position, roots, Detours);
        }

        private void Commit(List<(ValidatedEvent Event, RecordPosition Origin)> batch, ResolverView view)
        {
            var requests = new List<(LinkRequest, long)>();
            foreach (var (validated, origin) in batch)
            {
                switch (_resolver.Resolve(view, validated, DefaultTypes.Configuration.Of(validated.envelope), origin))
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
            foreach (var (request, offset) in requests) Detours.Sent(request.identifiers, offset);
            (_batch, _position, _view) = (null, null, null);
        }
    }

    private sealed class ModelLinker(Model model, int committed = 0)
    {
        private long _applied = model.Decisions.Count;
        private List<object>? _outputs;
        private int _next;

        public int Committed { get; private set; } = committed;
        public Queue<Action> Writes { get; } = new();
        public bool IsIdle => _outputs is null && Writes.Count == 0 && Committed == model.Requests.Count;

        /// <summary>Writes one key of Redis, or commits, or decides on a batch, or tells that the end is reached.</summary>
        public void Step(int take)
        {
            if (Writes.TryDequeue(out var write)) write();
            else if (_outputs is not null) Commit(_outputs);
            else if (Committed < model.Requests.Count) Decide(take);
            else AtEnd();
        }

        private void Follow()
        {
            if (model.Redis.Applied != _applied) model.Redis.CatchUp(model.Decisions);
            _applied = model.Redis.Applied;
        }

        private void Decide(int take)
        {
            Follow();
            var nodes = model.Redis.Nodes.ToDictionary(node => node.Key, node => new Node(node.Value.First, new(node.Value.Identifiers, IdentifierComparer.Instance)));
            var graph = new Graph(A.ProfileIds, _applied, model.Redis.Roots.ToDictionary(root => root.Key, root => root.Value.Root, IdentifierComparer.Instance), nodes);
            _outputs = [];
            for (_next = Committed; _next < model.Requests.Count && take-- > 0; _next++)
            {
                if (model.Requests[_next] is not { } request) continue;
                var outcome = Linker.Decide(DefaultTypes.Configuration, graph, request, A.At(_next, topic: "cdp.identity.requests"), A.Now);
                if (outcome.Decision is { } decision) _outputs.Add(decision);
                _outputs.AddRange([.. outcome.Merged, outcome.Identified]);
            }
        }

        private void Commit(List<object> outputs)
        {
            IdentityDecision[] decisions = [.. outputs.OfType<IdentityDecision>()];
            model.Decisions.AddRange(decisions);
            model.Identified.AddRange(outputs.Where(output => output is not IdentityDecision));
            (Committed, _outputs) = (_next, null);
            foreach (var write in model.Redis.WritesOf(HotWrites.Of(decisions))) Writes.Enqueue(write);
            var (from, position) = (_applied, Committed);
            Writes.Enqueue(() =>
            {
                if (!model.Redis.Advance(from, from + decisions.Length)) model.Redis.CatchUp(model.Decisions);
                _applied = model.Redis.Applied;
            });
            Writes.Enqueue(() =>
            {
                Follow();
                model.Redis.Publish(position);
            });
        }

        private void AtEnd()
        {
            Follow();
            model.Redis.Publish(Committed);
        }
    }
}
