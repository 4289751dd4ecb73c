using System.Globalization;
using System.Reflection;
using Acornima.Ast;
using Cdp.Functions.Contracts;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;
using Jint.Runtime.Modules;

namespace Cdp.Functions.Scripting;

/// <summary>
/// Runs a function in an engine of its own, which keeps the function's global variables from call to call. Always used by one thread.
/// After an error that may have left the engine in the middle of something, the next call gets a new engine.
/// </summary>
internal sealed class FunctionEngine
{
    private static readonly Prepared<Script> PreparedPrelude = Engine.PrepareScript(ReadPrelude(), Failures.Prelude);

    private readonly FunctionProgram _program;
    private readonly FunctionLimits _limits;
    private readonly FetchHandler? _fetch;
    private readonly TimeProvider _time;
    private Instance _instance;

    /// <summary>Makes the engine and loads the code.</summary>
    /// <exception cref="FunctionException">The code threw, exceeded a limit, or imports what is not there.</exception>
    public FunctionEngine(FunctionProgram program, FunctionLimits limits, FetchHandler? fetch, TimeProvider time)
    {
        _program = program;
        _limits = limits;
        _fetch = fetch;
        _time = time;
        _instance = Load();
    }

    /// <summary>Runs the function for events, in order.</summary>
    /// <param name="events">The events. A batch handler gets all of them in one call.</param>
    /// <param name="report">Gets each outcome with the index of its event, as soon as it is known.</param>
    /// <param name="stopping">Ends the run between two statements of the function.</param>
    /// <exception cref="OperationCanceledException">The run was ended; events that were not reported have no outcome.</exception>
    public void Run(IReadOnlyList<EventInput> events, Action<int, FunctionOutcome> report, CancellationToken stopping)
    {
        if (events.Count == 0) return;
        if (_program.Handlers.Contains("transformBatch") || _program.Handlers.Contains("onBatch"))
        {
            var outcomes = Call(events, instance => Batch(instance, events), stopping);
            for (var i = 0; i < events.Count; i++) report(i, outcomes[i]);
            return;
        }
        for (var i = 0; i < events.Count; i++) report(i, Call([events[i]], instance => [Single(instance, events[i])], stopping)[0]);
    }

    // One call of the handler. The log is that of the first event.
    private IReadOnlyList<FunctionOutcome> Call(
        IReadOnlyList<EventInput> events, Func<Instance, IReadOnlyList<FunctionOutcome>> run, CancellationToken stopping)
    {
        IReadOnlyList<FunctionOutcome> outcomes;
        stopping.ThrowIfCancellationRequested();
        _instance.Begin(events, stopping);
        var usable = true;
        try
        {
            outcomes = run(_instance);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var outcome = Failures.Outcome(e);
            outcomes = [.. events.Select(_ => outcome)];
            usable = Failures.LeavesEngineUsable(e);
        }
        catch (OperationCanceledException)
        {
            _instance = Load();
            throw;
        }
        var log = _instance.Host.End();
        if (!usable) _instance = Load();
        return log.Length == 0 ? outcomes : [outcomes[0] with { Log = log }, .. outcomes.Skip(1)];
    }

    private FunctionOutcome Single(Instance instance, EventInput input)
    {
        var parsed = instance.Parse(input.Json, "the event");
        if (_program.Contract == Contract.RudderStack) return Interpreted(instance, instance.Call("transformEvent", parsed, instance.Metadata));
        var type = parsed.Get("type") is JsString text ? text.ToString() : null;
        var handler = ContractDetection.HandlerOf(type);
        if (handler is null || !_program.Handlers.Contains(handler))
            return new FunctionOutcome.Dropped($"EventNotSupported: the function has no {handler ?? $"handler for the type {type ?? "of the event"}"}");
        var result = instance.Call(handler, parsed, instance.Parse(_program.Definition.Settings, "the settings"));
        return _program.Definition.Use == FunctionUse.Destination ? new FunctionOutcome.Kept([input.Json]) : Interpreted(instance, result);
    }

    // What a handler for one event returned.
    private FunctionOutcome Interpreted(Instance instance, JsValue result)
    {
        switch (result)
        {
            case JsArray array when _program.Contract == Contract.RudderStack:
                if (array.Length > _limits.EventsPerInput) throw new NotJsonException($"an array of more than {_limits.EventsPerInput} events");
                var events = array.Where(item => !item.IsNull() && !item.IsUndefined()).Select(item => instance.Write(item)).ToList();
                return events.Count > 0 ? new FunctionOutcome.Kept(events) : new FunctionOutcome.Dropped("the function returned an empty array");
            case ObjectInstance:
                return new FunctionOutcome.Kept([instance.Write(result)]);
            case var _ when _program.Contract == Contract.Segment:
                throw new NotJsonException($"{Kind(result)}. Write \"return event\" at the end of the handler; to drop an event, throw DropEvent");
            case var _ when result.IsNull() || result.IsUndefined():
                return new FunctionOutcome.Dropped($"the function returned {result}");
            default:
                throw new NotJsonException($"{Kind(result)}. Return an object, an array of objects, or null to drop the event");
        }
    }

    private static string Kind(JsValue value) => value switch
    {
        JsArray => "an array",
        ObjectInstance => "an object",
        _ when value.IsUndefined() || value.IsNull() => value.ToString(),
        _ => $"a {value.Type.ToString().ToLowerInvariant()}",
    };

    private IReadOnlyList<FunctionOutcome> Batch(Instance instance, IReadOnlyList<EventInput> inputs)
    {
        var parsed = inputs.Select(input => (JsValue)instance.Parse(input.Json, "an event")).ToArray();
        var ids = parsed.Select(MessageId).ToArray();
        var array = new JsArray(instance.Engine, parsed);
        if (_program.Contract == Contract.RudderStack)
        {
            var result = instance.Call("transformBatch", array, instance.Metadata);
            return result is JsArray outputs
                ? ByMessageId(instance, ids, outputs)
                : throw new NotJsonException($"{Kind(result)}. transformBatch must return an array");
        }
        var answer = instance.Call("onBatch", array, instance.Parse(_program.Definition.Settings, "the settings"));
        return _program.Definition.Use == FunctionUse.Transformation ? ByIndex(instance, inputs.Count, answer) : Statuses(inputs, answer);
    }

    private static string? MessageId(JsValue value) => value is ObjectInstance item && item.Get("messageId") is JsString id ? id.ToString() : null;

    // The n-th output with a messageId belongs to the n-th input with it, further ones to the last. An output with a messageId that no input has belongs to
    // the event of the output before it: it has to belong to some event, and so the order of the outputs is kept.
    private FunctionOutcome[] ByMessageId(Instance instance, string?[] ids, JsArray outputs)
    {
        if (outputs.Length > _limits.EventsPerInput * ids.Length)
            throw new NotJsonException($"an array of more than {_limits.EventsPerInput} events for each event");
        var events = ids.Select(_ => new List<string>()).ToArray();
        var places = ids.Select((id, index) => (id, index)).Where(pair => pair.id is not null).GroupBy(pair => pair.id!, pair => pair.index)
            .ToDictionary(group => group.Key, group => new Queue<int>(group));
        var last = 0;
        foreach (var output in outputs.Where(output => !output.IsNull() && !output.IsUndefined()))
        {
            if (MessageId(output) is { } id && places.TryGetValue(id, out var indexes)) last = indexes.Count > 1 ? indexes.Dequeue() : indexes.Peek();
            events[last].Add(instance.Write(output));
        }
        return [.. events.Select<List<string>, FunctionOutcome>(
            kept => kept.Count > 0 ? new FunctionOutcome.Kept(kept) : new FunctionOutcome.Dropped("transformBatch returned no event with this messageId"))];
    }

    private static FunctionOutcome[] ByIndex(Instance instance, int count, JsValue answer)
    {
        if (answer is not JsArray events) throw new NotJsonException($"{Kind(answer)}. onBatch must return an array with an item for each event");
        if (events.Length != count) throw new NotJsonException($"an array of {events.Length} items for {count} events: put null where an event is dropped");
        return [.. events.Select<JsValue, FunctionOutcome>(item => item.IsNull() || item.IsUndefined()
            ? new FunctionOutcome.Dropped($"onBatch returned {item} for the event")
            : new FunctionOutcome.Kept([instance.Write(item)]))];
    }

    // A destination's onBatch answers {status, errormessage} for each event, or nothing if all were delivered.
    private static FunctionOutcome[] Statuses(IReadOnlyList<EventInput> inputs, JsValue answer)
    {
        if (answer is not JsArray items) return [.. inputs.Select(input => new FunctionOutcome.Kept([input.Json]))];
        if (items.Length != inputs.Count)
            throw new NotJsonException($"an array of {items.Length} items for {inputs.Count} events: onBatch must return one for each, or nothing");
        return [.. items.Select((item, index) => Status(inputs[index], item))];
    }

    private static FunctionOutcome Status(EventInput input, JsValue item)
    {
        if (item is not ObjectInstance result || result.Get("status") is not JsNumber number)
            return new FunctionOutcome.Failed("onBatch returned an item without a status", null, null, null, Retryable: false);
        var status = number.AsNumber();
        if (status is >= 200 and < 300) return new FunctionOutcome.Kept([input.Json]);
        var message = result.Get("errormessage") is JsString text ? text.ToString() : "no errormessage";
        return new FunctionOutcome.Failed(
            $"{status.ToString(CultureInfo.InvariantCulture)}: {message}", null, null, null, Retryable: status is >= 500 or 429 or 408);
    }

    private Instance Load()
    {
        var budget = new CallBudget(_limits);
        budget.Begin(_limits.Start, CancellationToken.None);
        try
        {
            return new Instance(_program, _limits, budget, _fetch, _time);
        }
        catch (Exception e) when (e is not FunctionException)
        {
            var (module, line, column) = Failures.Place(e);
            var reason = Failures.Outcome(e) is FunctionOutcome.Failed failed ? failed.Reason : e.Message;
            throw new FunctionException($"the code cannot be loaded: {reason}", module, line, column);
        }
    }

    private static string ReadPrelude()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("prelude.js")!);
        return reader.ReadToEnd();
    }

    /// <summary>A loaded engine.</summary>
    private sealed class Instance
    {
        private readonly FunctionLimits _limits;
        private readonly CallBudget _budget;
        private readonly FunctionClock _clock;
        private readonly JsonText _json;
        private readonly ObjectInstance _exports;
        private readonly JsValue _settle;
        private IReadOnlyList<EventInput> _events = [];
        private Dictionary<string, EventInput>? _byMessageId;

        public Instance(FunctionProgram program, FunctionLimits limits, CallBudget budget, FetchHandler? fetch, TimeProvider time)
        {
            _limits = limits;
            _budget = budget;
            _clock = new FunctionClock(time);
            _clock.Set(null, 0);
            Engine = new Engine(options =>
            {
                options.Strict().Culture(CultureInfo.InvariantCulture).LocalTimeZone(TimeZoneInfo.Utc).DisableStringCompilation()
                    .LimitRecursion(limits.Recursion).MaxArraySize(limits.ArrayLength).RegexTimeoutInterval(limits.RegexTime)
                    .MaxJsonParseDepth(limits.Depth).Constraint(budget).EnableModules(new Libraries(program));
                options.Constraints.StackOverflowGuard = true;
                options.Constraints.PromiseTimeout = limits.Start;
                options.TimeSystem = _clock;
            });
            _json = new JsonText(Engine, limits, budget);
            Host = new HostFunctions(Engine, program.Definition, limits, fetch, _clock, _json, time);
            ((ObjectInstance)Engine.Global.Get("Math")).Set("random", new ClrFunction(Engine, "random", (_, _) => _clock.NextDouble()));
            var prelude = Engine.Evaluate(PreparedPrelude);
            var contract = program.Contract == Contract.RudderStack ? "rudderstack" : "segment";
            _settle = ((ObjectInstance)Engine.Call(prelude, JsValue.Undefined, [Host.ToObject(), contract])).Get("settle");
            Metadata = new ClrFunction(Engine, "metadata", (_, arguments) => MetadataOf(arguments.Length > 0 ? arguments[0] : JsValue.Undefined));
            foreach (var (name, module) in program.Modules) Engine.Modules.Add(name, builder => builder.AddModule(module));
            _exports = Engine.Modules.Import(program.Definition.Name);
        }

        public Engine Engine { get; }

        public HostFunctions Host { get; }

        /// <summary>The second argument of RudderStack's handlers.</summary>
        public JsValue Metadata { get; }

        public void Begin(IReadOnlyList<EventInput> events, CancellationToken stopping)
        {
            _events = events;
            _byMessageId = null;
            _clock.Set(events[0].Now, events[0].Seed);
            Host.Begin();
            _budget.Begin(_limits.Time, stopping);
        }

        /// <exception cref="InputException">The text is not a JSON object, or has too many levels.</exception>
        public ObjectInstance Parse(string json, string what)
        {
            try
            {
                return new JsonParser(Engine, _limits.Depth).Parse(json) as ObjectInstance ?? throw new InputException($"{what} is not a JSON object");
            }
            catch (JavaScriptException e)
            {
                throw new InputException($"{what} cannot be read: {e.Message}");
            }
        }

        public string Write(JsValue value) =>
            value is ObjectInstance instance and not JsArray ? _json.Write(instance) : throw new NotJsonException($"{Kind(value)} among the events");

        /// <summary>Calls a handler, and waits for its promise if it returns one.</summary>
        public JsValue Call(string handler, params JsValue[] arguments)
        {
            var result = Engine.Call(_exports.Get(handler), JsValue.Undefined, arguments);
            if (!result.IsPromise()) return result;
            (JsValue? value, JsValue? error) = (null, null);
            Engine.Call(
                _settle,
                JsValue.Undefined,
                [result, Callback(settled => value = settled), Callback(rejected => error = rejected)]);
            while (true)
            {
                Engine.Advanced.ProcessTasks();
                if (value is not null) return value;
                if (error is not null) throw new RejectedException(error);
                if (!Host.Pending.RunNext(_budget.Remaining, _budget.Stopping))
                    throw new LimitException("the promise of the handler is never settled", retryable: false);
                _budget.Check();
            }
        }

        private ClrFunction Callback(Action<JsValue> settle) => new(Engine, "settle", (_, arguments) =>
        {
            settle(arguments.Length > 0 ? arguments[0] : JsValue.Undefined);
            return JsValue.Undefined;
        });

        private JsValue MetadataOf(JsValue value)
        {
            if (_events.Count > 1 && _byMessageId is null)
            {
                // As in RudderStack, events with the same messageId share the last one's metadata.
                _byMessageId = [];
                foreach (var one in _events)
                {
                    if (MessageId(Parse(one.Json, "an event")) is { } key) _byMessageId[key] = one;
                }
            }
            var input = _byMessageId is null ? _events[0] : MessageId(value) is { } id ? _byMessageId.GetValueOrDefault(id) : null;
            return input?.Metadata is { } metadata ? Parse(metadata, "the metadata") : new JsObject(Engine);
        }
    }

    /// <summary>Finds libraries by their names, and nothing else.</summary>
    private sealed class Libraries(FunctionProgram program) : IModuleLoader
    {
        public ResolvedSpecifier Resolve(string? referencingModuleLocation, ModuleRequest moduleRequest)
        {
            if (program.Modules.ContainsKey(moduleRequest.Specifier))
                return new ResolvedSpecifier(moduleRequest, moduleRequest.Specifier, Uri: null, SpecifierType.Bare);
            var names = program.Definition.Libraries.Keys.Order().DefaultIfEmpty("none");
            throw new FunctionException(
                $"{program.Definition.Name} imports \"{moduleRequest.Specifier}\", which is not among its libraries ({string.Join(", ", names)})");
        }

        public Jint.Runtime.Modules.Module LoadModule(Engine engine, ResolvedSpecifier resolved) =>
            throw new InvalidOperationException($"{resolved.Key} was not added");
    }
}
