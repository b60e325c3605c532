package rpc

import (
	"net/http"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// result is how the protocol tells a failure: HTTP status and subcode. The
// numbers of the protocol appear nowhere else.
type result struct{ code, subcode int }

// reasons is the one table from the reasons of the nouns to the protocol.
var reasons = map[fault.Reason]result{
	ErrPath:        {400, 0},
	ErrLeadingZero: {400, 2},
	ErrNoEndpoint:  {404, 0},
	ErrStopping:    {503, 0},
	ErrEncoding:    {415, 0},
	ErrBody:        {400, 0},
	ErrBodyLimit:   {413, 0},
	ErrMissing:     {400, 12},
	ErrMissingKey:  {400, 11},
	ErrField:       {400, 12},
	ErrQuery:       {400, 16},
	ErrProjection:  {400, 14},
	ErrScroll:      {400, 1104},
	ErrPrepared:    {400, 10},
	ErrNoPair:      {400, 300},
	ErrOutdated:    {301, 1},

	user.ErrNoCredentials:      {401, 20},
	user.ErrBadScheme:          {401, 10},
	user.ErrBadCredentials:     {401, 21},
	user.ErrInvalidCredentials: {401, 22},
	user.ErrInvalidToken:       {401, 30},
	user.ErrForbidden:          {403, 20},
	user.ErrNotFound:           {400, 301},
	user.ErrNameTaken:          {400, 801},
	user.ErrNoKey:              {400, 75},
	user.ErrExpiry:             {400, 12},
	user.ErrIDTaken:            {400, 302},
	user.ErrBadEmail:           {400, 22},
	user.ErrLastAdmin:          {400, 300},
	user.ErrFixed:              {400, 300},
	user.ErrPreferenceKey:      {400, 16},
	user.ErrPreferencePath:     {400, 305},
	user.ErrNoInvitation:       {404, 0},
	user.ErrWrongPassword:      {403, 20},
	user.ErrActAs:              {400, 6},
	user.ErrScriptsBlocked:     {403, 20},
	door.ErrActAsBoth:          {400, 5},
	door.ErrCrossSite:          {403, 0},
	door.ErrTooSlow:            {408, 0},

	project.ErrNotFound:  {400, 401},
	project.ErrNameTaken: {400, 801},
	project.ErrBadName:   {400, 407},
	project.ErrTooDeep:   {400, 409},
	project.ErrLocation:  {400, 408},
	project.ErrBadTag:    {400, 16},
	project.ErrPublic:    {403, 21},

	project.ErrPublicName:   {400, 414},
	project.ErrSamePlace:    {400, 410},
	project.ErrUnderSelf:    {400, 411},
	project.ErrIntoChild:    {400, 412},
	project.ErrHasTasks:     {400, 402},
	project.ErrHasModels:    {400, 405},
	project.ErrHasDatasets:  {400, 406},
	project.ErrHasPipelines: {400, 413},

	task.ErrNotFound:      {400, 101},
	task.ErrUnknown:       {400, 10},
	task.ErrBadParent:     {400, 16},
	task.ErrInvalid:       {400, 12},
	task.ErrBadStatus:     {400, 110},
	task.ErrUndeletable:   {400, 123},
	task.ErrMixedSections: {400, 15},
	task.ErrPublic:        {403, 21},
	task.ErrTooMany:       {400, 101},

	model.ErrNotFound:      {400, 201},
	model.ErrReady:         {400, 203},
	model.ErrInUse:         {400, 205},
	model.ErrTaskPublished: {400, 206},
	model.ErrNoOutput:      {400, 122},
	model.ErrBadReference:  {400, 16},
	model.ErrInvalid:       {400, 12},

	artifact.ErrNotFound:  {404, 0},
	artifact.ErrNoVersion: {404, 0},
	artifact.ErrTaken:     {409, 0},
	artifact.ErrInvalid:   {400, 12},

	file.ErrNotFound: {404, 0},
	file.ErrBadPath:  {400, 12},
	file.ErrFrozen:   {409, 0},
	file.ErrLost:     {500, 0},
	file.ErrSwept:    {500, 102},

	file.ErrNoVolume: {500, 102},
	file.ErrForeign:  {409, 0},
	file.ErrUnmarked: {409, 0},
	file.ErrVolume:   {400, 12},

	preview.ErrQuery:    {400, 12},
	preview.ErrNoMember: {404, 0},
	preview.ErrNoImage:  {404, 0},
	preview.ErrBusy:     {500, 102},

	event.ErrEmptyBatch: {400, 17},
	event.ErrNotAdded:   {400, 131},
	event.ErrMixed:      {400, 12},
	event.ErrNoTarget:   {400, 101},
	event.ErrNoModel:    {400, 201},
	event.ErrLocked:     {400, 101},
	event.ErrLimit:      {400, 12},
	event.ErrBadType:    {400, 12},

	queue.ErrNotFound:  {400, 701},
	queue.ErrNameTaken: {400, 801},
	queue.ErrNoDefault: {400, 707},
	queue.ErrDefaults:  {400, 708},
	queue.ErrNotEmpty:  {400, 702},
	queue.ErrInvalid:   {400, 12},

	queue.ErrQueuedAlready: {400, 706},
	queue.ErrNotQueued:     {400, 703},

	query.ErrField:    {400, 14},
	query.ErrValue:    {400, 16},
	query.ErrPattern:  {400, 21},
	query.ErrTooMany:  {400, 21},
	query.ErrBookmark: {400, 1104},

	fault.ErrInvalid:     {400, 12},
	fault.ErrInternal:    {500, 0},
	fault.ErrUnavailable: {500, 102},
	fault.ErrUncertain:   {500, 102},
	fault.ErrFull:        {500, 102},
}

// kinds is what a reason without a row of its own becomes.
var kinds = map[fault.Kind]result{
	fault.Internal:        {500, 0},
	fault.Invalid:         {400, 12},
	fault.Unauthenticated: {401, 22},
	fault.Forbidden:       {403, 20},
	fault.NotFound:        {400, 10},
	fault.Conflict:        {400, 801},
	fault.State:           {400, 110},
	fault.TooLarge:        {413, 0},
	fault.Unsupported:     {400, 1},
	fault.Unavailable:     {500, 102},
}

// code returns status and subcode of a fault.
func code(f *fault.Error) (status, subcode int) {
	r, ok := reasons[f.Reason]
	if !ok {
		r = kinds[f.Reason.Kind]
	}
	return r.code, r.subcode
}

// statuses are the plain HTTP statuses of our own endpoints.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.State:           http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusBadRequest,
	fault.Unavailable:     http.StatusInternalServerError,
}
