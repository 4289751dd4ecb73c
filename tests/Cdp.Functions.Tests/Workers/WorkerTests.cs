using Cdp.Functions.Contracts;
using Cdp.Functions.Workers;
using Xunit;

namespace Cdp.Functions.Tests.Workers;

[Trait("tier", "integration")]
public sealed class WorkerTests
{
    private const string Echo = "export function transformEvent(event) { return event; }";

    [Fact]
    public async Task Run_InAWorker_IsWhatItIsInProcess()
    {
        var definition = new FunctionDefinition("f", """
            import { twice } from 'lib';
            export async function transformEvent(event, metadata) {
              console.log('n', event.n);
              if (event.n === 2) return null;
              if (event.n === 3)
                throw new RetryError('later');
              return [{ n: twice(event.n), meta: metadata(event), now: new Date(), random: Math.random(), key: getCredential('k') }, { text: 'é😀\ud800"' }];
            }
            """)
        {
            Libraries = new Dictionary<string, string> { ["lib"] = "export const twice = n => 2 * n;" },
            Credentials = new Dictionary<string, string> { ["k"] = "v" },
        };
        EventInput[] events =
        [
            .. Enumerable.Range(1, 4).Select(n => new EventInput($$"""{"n":{{n}}}""", """{"sourceId":"s"}""") { Now = DateTimeOffset.UnixEpoch, Seed = (ulong)n }),
            new EventInput("{broken"),
        ];
        var inProcess = await Given.RunAsync(definition, Given.Trusted, events);
        var inWorker = await Given.RunAsync(definition, new FunctionHost(), events);
        Assert.Equal(inProcess.Select(Text), inWorker.Select(Text));
        Assert.Equal(3, inWorker.Count(outcome => outcome.Log.Length > 0 && outcome is not FunctionOutcome.Failed));
        Assert.Equal(6, Assert.IsType<FunctionOutcome.Failed>(inWorker[2]).Line);
    }

    [Fact]
    public async Task Run_OddErrors_FailAndTheWorkerGoesOn()
    {
        var definition = Attacks.Function("""
            switch (event.attack) {
              case 1: throw '\ud800' + 'x'.repeat(5000);
              case 2: console.log('\ud800'); throw new Error('\udc00');
              case 3: { const error = new Error('e'); error.stack = 'at ('.repeat(100000); throw error; }
              case 4: throw { get name() { while (true) {} } };
              case 5: { class Odd extends Error { get message() { throw new Odd(); } } throw new Odd(); }
            }
            """);
        await using var function = await UserFunction.LoadAsync(definition, new FunctionHost { Limits = Attacks.Limits }, Given.Stopping);
        foreach (var attack in Enumerable.Range(1, 5))
        {
            var outcomes = await function.RunAsync([new EventInput($$"""{"attack":{{attack}}}"""), new EventInput("""{"n":1}""")], Given.Stopping);
            Assert.False(Assert.IsType<FunctionOutcome.Failed>(outcomes[0]).Retryable);
            Assert.Equal("""{"n":1}""", Given.Kept(outcomes[1]));
            Assert.IsType<FunctionState.Active>(function.State);
        }
    }

    [Fact]
    public async Task LoadAsync_SyntaxError_NamesThePlace()
    {
        var fault = await Assert.ThrowsAsync<FunctionException>(
            () => UserFunction.LoadAsync(
                new FunctionDefinition("f", "export function transformEvent(event) {\n  return ;;)\n}"), new FunctionHost(), Given.Stopping));
        Assert.Equal(("f", 2), (fault.Module, fault.Line));
    }

    [Fact]
    public async Task Fetch_InAWorker_IsMadeByTheHost()
    {
        var definition = new FunctionDefinition("f", """
            async function onTrack(event, settings) {
              const answers = await Promise.all([1, 2, 3].map(n => fetch(`https://example.com/${n}`, { method: 'POST', body: 'b' + n })));
              const failure = await fetch('https://refused.example').catch(error => error.message);
              return { statuses: answers.map(answer => answer.status), failure };
            }
            """);
        var host = new FunctionHost
        {
            Fetch = async (request, _) =>
            {
                await Task.Yield();
                return request.Url.Contains("refused", StringComparison.Ordinal)
                    ? throw new HttpRequestException("the address is private")
                    : new FetchResponse(200 + int.Parse(request.Url[^1..]), new Dictionary<string, string>(), request.Body!);
            },
        };
        var outcomes = await Given.RunAsync(definition, host, new EventInput("""{"type":"track"}"""));
        Assert.Equal("""{"statuses":[201,202,203],"failure":"fetch https://refused.example: the address is private"}""", Given.Kept(outcomes[0]));
    }

    [Fact]
    public async Task Fetch_ThatNeverAnswers_EndsWithTheTimeOfTheCall()
    {
        var host = new FunctionHost
        {
            Limits = Attacks.Limits,
            Fetch = async (_, stopping) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
                return new FetchResponse(200, new Dictionary<string, string>(), "");
            },
        };
        var definition = new FunctionDefinition("f", "async function onTrack(event) { if (event.wait) await fetch('https://example.com'); return event; }");
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Given.Stopping);
        await using var function = await UserFunction.LoadAsync(definition, host, stopping.Token);
        var outcomes = await function.RunAsync([new EventInput("""{"type":"track","wait":true}"""), new EventInput("""{"type":"track"}""")], stopping.Token);
        Assert.Equal("a limit was exceeded: more than 3 s", Assert.IsType<FunctionOutcome.Failed>(outcomes[0]).Reason);
        Assert.True(Assert.IsType<FunctionOutcome.Failed>(outcomes[0]).Retryable);
        Assert.Equal("""{"type":"track"}""", Given.Kept(outcomes[1]));
        await stopping.CancelAsync();
    }

    [Fact]
    public async Task Run_Cancelled_KillsTheWorkerAndTheNextRunHasAnother()
    {
        await using var function = await UserFunction.LoadAsync(Attacks.Function(Attacks.Stall), new FunctionHost(), Given.Stopping);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => function.RunAsync([new EventInput("""{"attack":true}""")], cancelled.Token));
        Assert.IsType<FunctionState.Active>(function.State);
        Assert.Equal("""{"n":1}""", Given.Kept((await function.RunAsync([new EventInput("""{"n":1}""")], Given.Stopping))[0]));
    }

    [Fact]
    public async Task Run_WorkerLostOnce_GoesOnWithTheSameEvent()
    {
        // Stalls the first process only, because the host answers the second one differently.
        const string Code = $$"""
            let calls = 0;
            export async function transformEvent(event) {
              if (event.once && (await fetchV2('https://example.com')).body === 'first') { {{Attacks.Stall}} }
              return { n: event.n, calls: ++calls };
            }
            """;
        var answers = 0;
        var host = new FunctionHost
        {
            Limits = Attacks.Limits,
            Fetch = (_, _) => Task.FromResult(
                new FetchResponse(200, new Dictionary<string, string>(), Interlocked.Increment(ref answers) == 1 ? "first" : "later")),
        };
        await using var function = await UserFunction.LoadAsync(new FunctionDefinition("f", Code), host, Given.Stopping);
        var outcomes = await function.RunAsync(
            [new EventInput("""{"n":1}"""), new EventInput("""{"n":2,"once":true}"""), new EventInput("""{"n":3}""")], Given.Stopping);
        Assert.Equal(["""{"n":1,"calls":1}""", """{"n":2,"calls":1}""", """{"n":3,"calls":2}"""], outcomes.Select(Given.Kept));
        Assert.Equal(2, answers);
        Assert.IsType<FunctionState.Active>(function.State);
    }

    [Fact]
    public async Task Run_Lanes_RunAtTheSameTime()
    {
        var both = new TaskCompletionSource();
        var waiting = 0;
        var host = new FunctionHost
        {
            Lanes = 2,
            Fetch = async (_, stopping) =>
            {
                // Answers only when both lanes have asked.
                if (Interlocked.Increment(ref waiting) == 2) both.SetResult();
                await both.Task.WaitAsync(stopping);
                return new FetchResponse(200, new Dictionary<string, string>(), "1");
            },
        };
        var definition = new FunctionDefinition("f", "export async function transformEvent(event) { await fetch('https://example.com'); return event; }");
        await using var function = await UserFunction.LoadAsync(definition, host, Given.Stopping);
        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(n => function.RunAsync([new EventInput($$"""{"n":{{n}}}""")], Given.Stopping)));
        Assert.Equal(["""{"n":0}""", """{"n":1}"""], runs.Select(run => Given.Kept(run[0])));
    }

    [Fact]
    public async Task DisposeAsync_DuringARun_FailsItAndStartsNoOther()
    {
        var asked = new TaskCompletionSource();
        var host = new FunctionHost
        {
            Fetch = async (_, _) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, Given.Stopping);
                return new FetchResponse(200, new Dictionary<string, string>(), "");
            },
        };
        var function = await UserFunction.LoadAsync(
            new FunctionDefinition("f", "export async function transformEvent(event) { await fetch('https://example.com'); return event; }"), host, Given.Stopping);
        var run = function.RunAsync([new EventInput("{}")], Given.Stopping);
        await asked.Task;
        await function.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => run);
    }

    [Fact]
    public void Create_Environment_IsEmptyButForTheRuntime()
    {
        var start = WorkerCommand.Create(new FunctionLimits { WorkerHeapBytes = 0x1000000 });
        Assert.All(start.Environment.Keys, key => Assert.True(key.StartsWith("DOTNET_", StringComparison.Ordinal) || key == "SystemRoot", key));
        Assert.Equal("1000000", start.Environment["DOTNET_GCHeapHardLimit"]);
        Assert.True(start.RedirectStandardInput && start.RedirectStandardOutput && start.RedirectStandardError && !start.UseShellExecute);
    }

    [Fact]
    public async Task Run_ManyEvents_AreAllAnsweredInOrder()
    {
        await using var function = await UserFunction.LoadAsync(new FunctionDefinition("f", Echo), new FunctionHost(), Given.Stopping);
        var padding = new string('x', 5000);
        var events = Enumerable.Range(0, 1000).Select(n => new EventInput($$"""{"n":{{n}},"text":"{{padding}}"}""")).ToArray();
        var outcomes = await function.RunAsync(events, Given.Stopping);
        Assert.Equal(events.Select(input => input.Json), outcomes.Select(Given.Kept));
    }

    private static string Text(FunctionOutcome outcome) => outcome switch
    {
        FunctionOutcome.Kept kept => $"{string.Join(' ', kept.Events)} {kept.Log}",
        _ => outcome.ToString(),
    };
}
