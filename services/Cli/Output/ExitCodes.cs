namespace Cdp.Cli.Output;

/// <summary>The exit codes of the command line.</summary>
public static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int WrongUsage = 2;
}
