using System.Collections.Concurrent;
using System.Text.Json;
using Cdp.Functions.Contracts;
using Cdp.Functions.Lanes;
using Cdp.Functions.Scripting;

namespace Cdp.Functions.Workers;

/// <summary>What a worker process does: it loads one function and runs it until its input ends. All that it can reach is its two pipes.</summary>
internal sealed class WorkerLoop(Stream input, Stream output)
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<FetchResponse>> _fetches = [];
    private readonly BlockingCollection<(IReadOnlyList<EventInput> Events, bool Careful)> _batches = new(boundedCapacity: 1);
    private readonly Lock _writing = new();
    private readonly BufferedStream _output = new(output, 64 << 10);
    private Timer? _flush;
    private bool _flushing;
    private int _lastFetch;

    /// <summary>Runs until the input ends.</summary>
    /// <returns>The exit code: 0.</returns>
    public async Task<int> RunAsync()
    {
        var reader = new FrameReader(input);
        while (await reader.ReadAsync() is { } bytes)
        {
            using var frame = Frame.Parse(bytes);
            Handle(frame.RootElement);
        }
        return 0;
    }

    private void Handle(JsonElement frame)
    {
        switch (Frame.Kind(frame))
        {
            case "load":
                var (definition, limits, canFetch) = Frame.ReadLoad(frame);
                new Thread(() => Work(definition, limits, canFetch ? FetchAsync : null), InProcessLane.StackBytes) { IsBackground = true }.Start();
                break;
            case "run":
                _batches.Add(Frame.ReadRun(frame));
                break;
            case "response":
                var (id, response, error) = Frame.ReadResponse(frame);
                if (!_fetches.TryRemove(id, out var waiting)) break;
                if (response is not null) waiting.SetResult(response);
                else waiting.SetException(new IOException(error));
                break;
        }
    }

    private void Work(FunctionDefinition definition, FunctionLimits limits, FetchHandler? fetch)
    {
        FunctionEngine engine;
        try
        {
            engine = new FunctionEngine(FunctionProgram.Parse(definition, limits), limits, fetch, TimeProvider.System);
        }
        catch (FunctionException e)
        {
            Send(Frame.Fault(e));
            return;
        }
        Send(Frame.Loaded());
        foreach (var (events, careful) in _batches.GetConsumingEnumerable())
        {
            engine.Run(events, (index, outcome) => Send(Frame.Outcome(index, outcome), now: careful), CancellationToken.None);
            Send(Frame.Done());
        }
    }

    private async Task<FetchResponse> FetchAsync(FetchRequest request, CancellationToken stopping)
    {
        var id = Interlocked.Increment(ref _lastFetch);
        var answer = new TaskCompletionSource<FetchResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _fetches[id] = answer;
        Send(Frame.Fetch(id, request));
        try
        {
            return await answer.Task.WaitAsync(stopping);
        }
        finally
        {
            _fetches.TryRemove(id, out _);
        }
    }

    // A system call for each event would cost more than the event. What waits is sent after a few milliseconds, also if the function stalls meanwhile.
    private void Send(byte[] frame, bool now = true)
    {
        lock (_writing)
        {
            _output.Write(frame);
            if (now)
            {
                _output.Flush();
                return;
            }
            if (_flushing) return;
            _flushing = true;
            _flush ??= new Timer(_ => Flush());
            _flush.Change(FlushInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Flush()
    {
        lock (_writing)
        {
            _flushing = false;
            _output.Flush();
        }
    }
}
